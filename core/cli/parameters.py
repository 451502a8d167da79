"""Parameters that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

Plugins = Annotated[list[Path], typer.Option("--plugin", help="Load a plugin from this Python file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Run id, a beginning of it, a path, or latest.")]


def all_plugins(context: typer.Context, own: Iterable[Path | str]) -> list[Path]:
    """The plugin files named before and after the command."""
    return [*(context.obj or ()), *map(Path, own)]
