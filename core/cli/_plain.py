"""Texts and paths pass as they were typed: typer loads pydantic to check them, at a tenth of a second of CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.core import TyperCommand


@dataclass(frozen=True)
class _Passed:
    """What typer asks to turn a parameter's words into its value."""

    turn: Callable[[Any], Any]

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """A parameter that wasn't given is None, or no values at all."""
        del ctx
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        return self.turn(value)


_PASSED: dict[Any, _Passed] = {
    bool: _Passed(bool),  # of a flag, which no word can follow
    str: _Passed(str),
    Path: _Passed(Path),
    list[str]: _Passed(list),
    list[Path]: _Passed(lambda words: [Path(word) for word in words]),
}


def pass_plain(parameters: Iterable[Any]) -> None:
    """Give parameters of plain texts and paths their values without typer's checks; others keep them.

    Where another version of typer keeps its checks elsewhere, they are made, and the command is slower.
    """
    for parameter in parameters:
        described = getattr(parameter, "type_descriptor", None)
        checks = described is None or described.is_choice or described.file_annotation is not None
        passed = None if checks else _PASSED.get(described.annotation)
        if passed is not None:
            parameter._runtime_param = passed


class PlainCommand(TyperCommand):
    """A command whose texts and paths pass as they are."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        pass_plain(self.params)
