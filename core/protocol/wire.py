"""One JSON form for the frozen dataclasses that travel between processes: a tagged object a line."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from core.errors import ProtocolError

Message = TypeVar("Message")


def snake_case(name: str) -> str:
    """`EpochFinished` → `epoch_finished`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def to_line(message: Any, tag: str) -> str:
    """Write a dataclass as one line of JSON, its type's name under `tag`; numbers not finite become null."""
    fields = {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}
    return msgspec.json.encode({tag: snake_case(type(message).__name__), **fields}).decode()


def from_line(line: str, tag: str, kinds: Mapping[str, type[Message]]) -> Message:
    """Read one line back; raises ProtocolError for anything that isn't one of `kinds` with fitting fields."""
    try:
        values = msgspec.json.decode(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"Not a line of JSON: {line[:80]!r} ({error}).") from None
    name = values.pop(tag, None) if isinstance(values, dict) else None
    if not isinstance(name, str) or name not in kinds:
        raise ProtocolError(f"Not a known {tag}: {line[:80]!r}.", hint=f"Known: {', '.join(sorted(kinds))}.")
    return _build(name, kinds[name], values)


def to_plain(message: Any) -> Any:
    """Turn dataclasses into plain dicts and lists, as they travel."""
    return msgspec.json.decode(msgspec.json.encode(message))


def to_builtins(message: Any) -> Any:
    """Turn dataclasses into dicts whose keys are texts; lists stay tuples, and numbers what they are."""
    return msgspec.to_builtins(message, str_keys=True)


def from_plain(values: Any, kind: type[Message], name: str = "") -> Message:
    """Rebuild a dataclass from plain dicts and lists; raises ProtocolError saying which field doesn't fit.

    `name` stands for the dataclass in the error (by default its own name).
    """
    try:
        return msgspec.convert(values, kind, str_keys=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ProtocolError(f"{name or kind.__name__}: {error}.") from None


def _build(name: str, kind: type[Message], values: dict[str, Any]) -> Message:
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for field in values:
        if field not in known:
            raise ProtocolError(f"{name} has no field {field!r}.")
    return from_plain(values, kind, name)
