"""Errors that reach a person: each says what happened, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class TastemapError(Exception):
    """An expected failure, told in plain words.

    `exit_code` is what the command line returns for it: 1 for a failure, 2 for wrong usage.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """The message and, where there is one, what to do about it, on one line."""
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(TastemapError):
    """The request itself is wrong: an unknown name, an option out of its range."""

    exit_code = 2


class DataError(TastemapError):
    """A ratings or items table that can't be used; names the file, row, column and value.

    `row` counts the lines of the file from 1, the header being line 1.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        hint: str = "",
    ) -> None:
        self.path, self.row, self.column, self.value = path, row, column, value
        super().__init__(f"{self._place()}{message}", hint=hint)

    def _place(self) -> str:
        parts = [str(self.path)] if self.path is not None else []
        if self.row is not None:
            parts.append(f"line {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column!r}")
        return f"{', '.join(parts)}: " if parts else ""


class ColumnsError(DataError):
    """A table that can be read, but whose columns can't be told apart: the way out is to name them."""


class SeveralTablesError(DataError):
    """A folder, archive, database or workbook of several tables: `choices` are those that there are.

    `option` is the reading option that names one: member or table.
    """

    def __init__(
        self, message: str, *, path: Path | str, option: str, choices: Sequence[str], hint: str = ""
    ) -> None:
        self.option, self.choices = option, tuple(choices)
        super().__init__(message, path=path, hint=hint or f"Name one with --{option}.")


class PluginError(TastemapError):
    """A plugin that can't be loaded or breaks the architecture contract."""


class RunError(TastemapError):
    """A run folder that is missing, damaged, foreign or can't be written."""


class DivergenceError(TastemapError):
    """Training produced numbers that are not finite."""


def diverged() -> DivergenceError:
    """The error of a model whose numbers can't be used."""
    return DivergenceError("The model's numbers aren't finite.", hint="Has the training diverged?")


class DeviceError(TastemapError):
    """The device asked for is not there."""


class WorkerError(TastemapError):
    """Workers that can't train together: one that doesn't come, or has other data or settings."""


class WorkerLostError(WorkerError):
    """A worker that is gone in the middle of a training."""


class ProtocolError(TastemapError):
    """A line on the engine's input or output that is no valid command or event."""

    exit_code = 2
