"""`tastemap train --help`: the flags that settings, readers and architectures declare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand

from core.options import OptionField


class TrainCommand(TyperCommand):
    """A command whose help goes on with the declared options, read only when help is asked for."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's signature
        """Write a section for each group of declared options."""
        from core.cli.flags import READING_FLAGS
        from core.contract.plugins import load_plugins
        from core.contract.settings import TrainingSettings

        _write(
            formatter,
            "Training settings (defaults: those of the architecture's recipe)",
            TrainingSettings.fields(),
        )
        for name, registered in load_plugins().architectures.items():
            _write(formatter, f"Options of --arch {name}", registered.architecture.Options.fields())
        _write(formatter, "Reading a table", READING_FLAGS)


def _write(formatter: Any, title: str, fields: Iterable[OptionField]) -> None:
    rows = [(f"{field.flag} {_kind(field)}", _text(field)) for field in fields]
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def _kind(field: OptionField) -> str:
    return "|".join(filter(None, field.choices)) or field.type.__name__.upper().replace("STR", "TEXT")


def _text(field: OptionField) -> str:
    return f"{field.help} [default: {field.default}]" if field.default not in ("", None) else field.help
