"""The command `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.parameters import AsJson, Plugins, RunName, all_plugins


def export(
    context: typer.Context,
    run: RunName,
    keras: Annotated[
        Path | None, typer.Option(help="Whole model, ids in and ratings out: a .keras file.")
    ] = None,
    parquet: Annotated[Path | None, typer.Option(help="Folder for users.parquet and items.parquet.")] = None,
    projector: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's embedding projector.")
    ] = None,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Export a run for other programs: Keras, tables, TensorBoard's projector."""
    from core.cli.views_export import export_model
    from core.cli.views_lookup import open_model

    export_model(open_model(run, all_plugins(context, plugin)), keras, parquet, projector, as_json)


def add_export_command(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(export)
