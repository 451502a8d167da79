"""The arguments of a view, taken one by one and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import UsageError
from core.options import OptionField, suggest

MISSING: Any = object()


@dataclass
class Arguments:
    """A query's arguments; `finish` refuses those that the view never asked for."""

    values: Mapping[str, Any]
    _taken: set[str] = field(default_factory=set)

    def take(self, name: str, default: Any = MISSING) -> Any:
        """Take a value as it is; raises UsageError where it is missing and has no default."""
        self._taken.add(name)
        value = self.values.get(name, default)
        if value is MISSING:
            raise UsageError(f"The query lacks {name!r}.")
        return value

    def integer(self, name: str, default: Any = MISSING, minimum: int | None = 0) -> Any:
        """Take a whole number of at least `minimum`; None stays None where it is the default."""
        return self._parse(name, int, default, minimum)

    def number(self, name: str, default: Any = MISSING) -> Any:
        """Take a number."""
        return self._parse(name, float, default)

    def yes(self, name: str, default: Any = MISSING) -> Any:
        """Take a yes or no."""
        return self._parse(name, bool, default)

    def text(self, name: str, default: Any = MISSING) -> Any:
        """Take a text."""
        return self._parse(name, str, default)

    def finish(self) -> None:
        """Refuse arguments that nobody took, with the nearest known one."""
        for name in self.values:
            if name not in self._taken:
                raise UsageError(f"The view takes no argument {name!r}.", hint=suggest(name, self._taken))

    def _parse(self, name: str, kind: Any, default: Any, minimum: float | None = None) -> Any:
        value = self.take(name, default)
        if value is None and default is None:
            return None
        return OptionField(name, kind, default, minimum=minimum).parse(value)
