"""Options that are declared once: they become flags, form fields, arguments and run configuration."""

from __future__ import annotations

import dataclasses
import difflib
import math
import numbers
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Self, dataclass_transform

from core.errors import PluginError, UsageError

OptionValue = int | float | bool | str
Identifier = int | str
"""An external id as a ratings table has it."""
GivenRatings = Mapping[Identifier, float]
"""Ratings by external id."""
RatingsById = GivenRatings | Mapping[int, float] | Mapping[str, float]
"""What a caller may give as such: a mapping's type of keys is not one that widens by itself."""

_REQUIRED = dataclasses.MISSING
_PLAIN_TYPES = (int, float, bool, str)


class Form(Enum):
    """How many values an option takes: one, one or none, a list of them, or a rating for each of some ids."""

    ONE = "one"
    OPTIONAL = "optional"
    LIST = "list"
    RATINGS = "ratings"


_FORMS: dict[Any, tuple[Any, Form]] = {
    int: (int, Form.ONE),
    float: (float, Form.ONE),
    bool: (bool, Form.ONE),
    str: (str, Form.ONE),
    Identifier: (Identifier, Form.ONE),
    int | None: (int, Form.OPTIONAL),
    float | None: (float, Form.OPTIONAL),
    str | None: (str, Form.OPTIONAL),
    tuple[int, ...]: (int, Form.LIST),
    tuple[str, ...]: (str, Form.LIST),
    tuple[Identifier, ...]: (Identifier, Form.LIST),
    GivenRatings: (float, Form.RATINGS),
    GivenRatings | None: (float, Form.RATINGS),
}
"""What an option may be annotated with, and what that means."""


def option(
    *,
    default: Any = _REQUIRED,
    help: str = "",  # noqa: A002 - the word every command-line library uses
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    search: tuple[float, float] | None = None,
    flags: tuple[str, ...] = (),
    metavar: str = "",
) -> Any:
    """Declare one option of an architecture, one setting, or one argument of a view.

    `minimum` and `maximum` are inclusive. `search` is the range that automatic tuning may explore. `flags`
    are command-line spellings other than the name's own, `metavar` stands for the value in the help.
    Only a view's arguments may come without a default: they must be given.
    """
    bounds = {"minimum": minimum, "maximum": maximum, "choices": choices, "search": search}
    details = {"help": help, **bounds, "flags": flags, "metavar": metavar}
    return dataclasses.field(default=default, metadata=details)


@dataclass(frozen=True)
class OptionField:
    """One declared option: its name, type, default, help text and bounds.

    `type` is int, float, bool, str or `Identifier`; `form` says how many of them; a `required` one has no
    default.
    """

    name: str
    type: Any
    default: Any
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    search: tuple[float, float] | None = None
    flags: tuple[str, ...] = ()
    metavar: str = ""
    form: Form = Form.ONE

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is _REQUIRED

    @property
    def argument(self) -> str:
        """The name in Python: `n` for what a command calls -n."""
        return "n" if "-n" in self.flags else self.name

    @property
    def flag(self) -> str:
        """The command-line spelling, as in `--hidden-units`."""
        own = next((flag for flag in reversed(self.flags) if flag.startswith("--")), "")
        return own.partition("/")[0] or f"--{self.name.replace('_', '-')}"

    def parse(self, value: object) -> Any:
        """Turn text or a JSON value into this option's type; raises UsageError if it doesn't fit."""
        match self.form:
            case Form.LIST:
                values = value if isinstance(value, list | tuple) else [value]
                return tuple(self._parse_one(each) for each in values)
            case Form.RATINGS if value is not None or self.required:
                return self._parse_ratings(value)
            case Form.OPTIONAL | Form.RATINGS if value is None:
                return None
            case _:
                return self._parse_one(value)

    def _parse_one(self, value: object) -> OptionValue:
        try:
            parsed = self._convert(value)
        except (TypeError, ValueError, OverflowError):
            raise UsageError(f"{self.flag} takes {self._expected()}, not {value!r}.") from None
        self._check_bounds(parsed)
        return parsed

    def _parse_ratings(self, value: object) -> dict[Identifier, float]:
        if not isinstance(value, Mapping):
            raise UsageError(f'{self.name} are an object of ratings by item id, as in {{"296": 4.5}}.')
        for item, rating in value.items():
            if isinstance(rating, bool) or not isinstance(rating, numbers.Real) or not math.isfinite(rating):
                raise UsageError(f"A rating is a number, not {rating!r}.")
            if not _is_identifier(item):
                raise UsageError(f"{self.name} are by item id, and {item!r} is none.")
        return {_to_identifier(item): float(rating) for item, rating in value.items()}

    def _convert(self, value: object) -> OptionValue:
        if self.type is bool:
            return _to_bool(value)
        if isinstance(value, bool) and self.type is not str:
            raise TypeError(value)
        if self.type is str:
            return _to_text(value)
        if self.type is int:
            return _to_int(value)
        if self.type is float:
            return float(typing.cast("float", value))
        return _to_identifier(value)

    def _check_bounds(self, value: OptionValue) -> None:
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.flag} takes {self._expected()}, not {value!r}.")
        if isinstance(value, str | bool):
            return
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if not low <= value <= high or value in (-math.inf, math.inf):
            raise UsageError(f"{self.flag} takes {self._expected()}, not {value!r}.")

    def _expected(self) -> str:
        if self.choices:
            return "one of " + ", ".join(filter(None, self.choices))
        kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        kind = kinds.get(self.type, "an id")
        if self.minimum is not None and self.maximum is not None:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"{kind} of at least {self.minimum:g}"
        return kind if self.maximum is None else f"{kind} of at most {self.maximum:g}"


@dataclass_transform(field_specifiers=(option,), kw_only_default=True, frozen_default=True)
class OptionSet:
    """A frozen set of declared options: annotate one attribute an option in a subclass."""

    _fields: ClassVar[tuple[OptionField, ...]] = ()
    _only_plain: ClassVar[bool] = True
    """Whether options must be int, float, bool or str and have a default."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Make the subclass a frozen dataclass and check that each option has a type and a default."""
        super().__init_subclass__(**arguments)
        dataclass(frozen=True, kw_only=True)(cls)
        declared, kinds = dataclasses.fields(typing.cast("Any", cls)), typing.get_type_hints(cls)
        cls._fields = tuple(_read_field(cls, field, kinds.get(field.name)) for field in declared)

    @classmethod
    def fields(cls) -> tuple[OptionField, ...]:
        """The declared options in the order of their declaration."""
        return cls._fields

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Build options from names and texts or JSON values.

        Raises UsageError for an unknown name (with the nearest known one), for a value that doesn't fit and
        for one that must be given and isn't.
        """
        known = {field.name: field for field in cls.fields()}
        for name in values:
            if name not in known:
                raise UsageError(f"Unknown option {name!r}.", hint=suggest(name, known))
        for name, field in known.items():
            if field.required and name not in values:
                raise UsageError(f"{cls.__name__} lacks {name!r}.", hint=field.help)
        return cls(**{name: known[name].parse(value) for name, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
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


def _read_field(owner: type[OptionSet], field: dataclasses.Field[Any], declared: Any) -> OptionField:
    place = f"Option {owner.__qualname__}.{field.name}"
    kind, form = _FORMS.get(declared, (None, Form.ONE))
    plain = kind in _PLAIN_TYPES and form is Form.ONE
    if kind is None or (owner._only_plain and not plain):
        raise PluginError(f"{place} must be int, float, bool or str.")
    if owner._only_plain and field.default is _REQUIRED:
        raise PluginError(f"{place} needs a default value.")
    return OptionField(field.name, kind, field.default, form=form, **field.metadata)


def _to_bool(value: object) -> bool:
    word = str(value).lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0"}:
        return False
    raise ValueError(value)


def _to_text(value: object) -> str:
    if value is None or isinstance(value, Mapping | list | tuple | set):
        raise TypeError(value)
    return str(value)


def _is_identifier(value: object) -> bool:
    return isinstance(value, numbers.Integral | str) and not isinstance(value, bool)


def _to_identifier(value: object) -> Identifier:
    """An id as a plain value; NumPy's whole numbers, as a table's column has them, are ids too."""
    if not _is_identifier(value):
        raise TypeError(value)
    return str(value) if isinstance(value, str) else int(typing.cast("int", value))


def _to_int(value: object) -> int:
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        return int(value)  # exact beyond 2^53, where the way over float isn't
    if isinstance(value, int):
        return value
    number = float(typing.cast("float", value))
    if number != int(number):
        raise ValueError(value)
    return int(number)
