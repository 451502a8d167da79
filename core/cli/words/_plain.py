"""Texts and paths pass as they were typed: typer loads pydantic to check them, for a tenth of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from core.errors import UsageError
from core.options import suggest


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
        if described is None or described.is_choice or described.file_annotation is not None:
            continue
        passed = _PASSED.get(described.annotation)
        if passed is not None:
            parameter._runtime_param = passed


class _Plain:
    """What a command and a group of commands have in common."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        pass_plain(getattr(self, "params", ()))

    def get_help_option(self, ctx: Any) -> Any:
        """The option, which is made when somebody asks for it."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        pass_plain([option])
        return option


class PlainCommand(_Plain, TyperCommand):
    """A command whose texts and paths pass as they are."""


class PlainGroup(_Plain, TyperGroup):
    """A group of commands, likewise; a command that it doesn't have is told in one line."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the words begin with; raises UsageError with the nearest name."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = suggest(args[0], self.list_commands(ctx))
            hint = near if near.startswith("Did") else f"`{ctx.command_path} --help` lists them."
            raise UsageError(f"There is no command {args[0]!r}.", hint=hint)
        return super().resolve_command(ctx, args)
