"""One JSON form for the frozen dataclasses that travel between processes: a tagged object a line."""

from __future__ import annotations

import dataclasses
import json
import math
import typing
from collections.abc import Mapping
from typing import Any

from core.errors import ProtocolError


def snake_case(name: str) -> str:
    """`EpochFinished` → `epoch_finished`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def to_line(message: Any, tag: str) -> str:
    """Write a dataclass as one line of JSON, its type's name under `tag`; numbers not finite become null."""
    fields = {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}
    named = {tag: snake_case(type(message).__name__), **_finite(fields)}
    return json.dumps(named, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_line(line: str, tag: str, kinds: Mapping[str, type]) -> Any:
    """Read one line back; raises ProtocolError for anything that isn't one of `kinds` with fitting fields."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"Not a line of JSON: {line[:80]!r} ({error}).") from None
    if not isinstance(values, dict) or values.get(tag) not in _names(kinds):
        raise ProtocolError(f"Not a known {tag}: {line[:80]!r}.", hint=f"Known: {', '.join(sorted(kinds))}.")
    kind = kinds[values.pop(tag)]
    return _build(kind, values)


def _names(kinds: Mapping[str, type]) -> list[object]:
    return list(kinds)


def _build(kind: type, values: dict[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    for name, value in values.items():
        if name not in hints:
            raise ProtocolError(f"{snake_case(kind.__name__)} has no field {name!r}.")
        if not _fits(value, hints[name]):
            raise ProtocolError(f"{snake_case(kind.__name__)}.{name} can't be {value!r}.")
    try:
        return kind(**values)
    except TypeError as error:
        raise ProtocolError(f"{snake_case(kind.__name__)}: {error}.") from None


def _fits(value: Any, hint: Any) -> bool:
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    return any(_fits_one(value, option) for option in options)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Union or type(hint).__name__ == "UnionType"


def _fits_one(value: Any, hint: Any) -> bool:
    kind = typing.get_origin(hint) or hint
    if kind is Any:
        return True
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is Mapping or kind is dict:
        return isinstance(value, dict)
    return isinstance(value, kind)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
