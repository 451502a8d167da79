"""Options that an architecture declares once: they become CLI flags, form fields and run configuration."""

from __future__ import annotations

import dataclasses
import difflib
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, dataclass_transform

from core.errors import PluginError, UsageError

OptionValue = int | float | bool | str
_ALLOWED_TYPES = (int, float, bool, str)


def option(
    *,
    default: Any,
    help: str = "",  # noqa: A002 - the word every command-line library uses
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    search: tuple[float, float] | None = None,
) -> Any:
    """Declare one option of an architecture.

    `minimum` and `maximum` are inclusive. `search` is the range that automatic tuning may explore.
    """
    details = {"help": help, "minimum": minimum, "maximum": maximum, "choices": choices, "search": search}
    return dataclasses.field(default=default, metadata=details)


@dataclass(frozen=True)
class OptionField:
    """One declared option: its name, type (int, float, bool or str), default, help text and bounds."""

    name: str
    type: type[OptionValue]
    default: OptionValue
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    search: tuple[float, float] | None = None

    @property
    def flag(self) -> str:
        """The command-line spelling, as in `--hidden-units`."""
        return f"--{self.name.replace('_', '-')}"

    def parse(self, value: object) -> OptionValue:
        """Turn text or a JSON value into this option's type; raises UsageError if it doesn't fit."""
        try:
            parsed = self._convert(value)
        except (TypeError, ValueError, OverflowError):
            raise UsageError(f"{self.flag} takes {self._expected()}, not {value!r}.") from None
        self._check_bounds(parsed)
        return parsed

    def _convert(self, value: object) -> OptionValue:
        if self.type is bool:
            return _to_bool(value)
        if self.type is str:
            return str(value)
        if isinstance(value, bool):
            raise TypeError(value)
        if self.type is int:
            return _to_int(value)
        return float(typing.cast("float", value))

    def _check_bounds(self, value: OptionValue) -> None:
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.flag} takes {self._expected()}, not {value!r}.")
        if isinstance(value, str | bool):
            return
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if not (math.isfinite(value) and low <= value <= high):
            raise UsageError(f"{self.flag} takes {self._expected()}, not {value!r}.")

    def _expected(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kind = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[self.type]
        if self.minimum is not None and self.maximum is not None:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"{kind} of at least {self.minimum:g}"
        return kind if self.maximum is None else f"{kind} of at most {self.maximum:g}"


@dataclass_transform(field_specifiers=(option,), kw_only_default=True, frozen_default=True)
class OptionSet:
    """A frozen set of declared options: annotate one attribute an option in a subclass."""

    _fields: ClassVar[tuple[OptionField, ...]] = ()

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Make the subclass a frozen dataclass and check that each option has a type and a default."""
        super().__init_subclass__(**arguments)
        dataclass(frozen=True, kw_only=True)(cls)
        cls._fields = tuple(_read_field(cls, field) for field in dataclasses.fields(typing.cast("Any", cls)))

    @classmethod
    def fields(cls) -> tuple[OptionField, ...]:
        """The declared options in the order of their declaration."""
        return cls._fields

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Build options from names and texts or JSON values.

        Raises UsageError for an unknown name (with the nearest known one) and for a value that doesn't fit.
        """
        known = {field.name: field for field in cls.fields()}
        for name in values:
            if name not in known:
                raise UsageError(f"Unknown option {name!r}.", hint=suggest(name, known))
        return cls(**{name: known[name].parse(value) for name, value in values.items()})

    def to_dict(self) -> dict[str, OptionValue]:
        """All options with their values, ready for JSON."""
        return {field.name: getattr(self, field.name) for field in self.fields()}


class ArchitectureOptions(OptionSet):
    """Base of every architecture's `Options`.

    ```python
    class Options(ArchitectureOptions):
        factors: int = option(default=50, help="Latent factors per user and item.", minimum=1)
        l2: float = 0.02
    ```
    """


def suggest(word: str, known: typing.Iterable[str]) -> str:
    """Say which known word was probably meant, or list them all."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(known)}." if known else "There are none."


def _read_field(owner: type, field: dataclasses.Field[Any]) -> OptionField:
    kind = typing.get_type_hints(owner).get(field.name)
    if kind not in _ALLOWED_TYPES:
        raise PluginError(f"Option {owner.__qualname__}.{field.name} must be int, float, bool or str.")
    if field.default is dataclasses.MISSING:
        raise PluginError(f"Option {owner.__qualname__}.{field.name} needs a default value.")
    return OptionField(field.name, kind, field.default, **field.metadata)


def _to_bool(value: object) -> bool:
    word = str(value).lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0"}:
        return False
    raise ValueError(value)


def _to_int(value: object) -> int:
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        return int(value)  # exact beyond 2^53, where the way over float isn't
    if isinstance(value, int):
        return value
    number = float(typing.cast("float", value))
    if number != int(number):
        raise ValueError(value)
    return int(number)
