"""`tastemap export`: writes a run's model for other programs, and says where."""

from __future__ import annotations

from pathlib import Path

from core.cli._output import note, print_json, say
from core.errors import UsageError
from core.model import Model


def export_model(
    model: Model,
    keras: Path | None,
    parquet: Path | None,
    projector: Path | None,
    as_json: bool,
    saved_model: Path | None = None,
    top: int = 100,
) -> None:
    """Write what was asked for and say where it is; raises UsageError where nothing was."""
    from core.cli.export import export_keras, export_projector, export_saved_model, export_tables

    written: list[Path] = []
    if keras is not None:
        written.append(export_keras(model, keras))
    if parquet is not None:
        written.extend(export_tables(model, parquet))
    if projector is not None:
        written.extend(export_projector(model, projector))
    if saved_model is not None:
        written.append(export_saved_model(model, saved_model, top))
    if not written:
        hint = "--keras FILE, --parquet FOLDER, --projector FOLDER or --saved-model FOLDER."
        raise UsageError("Say what to export:", hint=hint)
    if as_json:
        print_json({"run": model.facts.run, "written": [str(path) for path in written]})
        return
    for path in written:
        say(str(path))
    if projector is not None:
        note(f"open it with `tensorboard --logdir {projector}`, tab Projector")
