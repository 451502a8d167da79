"""Somebody else's text on the screen: titles are made readable as they come in, and nothing else gets out.

What a terminal would obey never leaves the app: `ReadableLines` looks at every line that any widget draws.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip

from core.readable import readable

Value = TypeVar("Value")


def shown(answer: Value) -> Value:
    """Give an answer with readable titles, names and remarks; ids stay: one asks by them."""
    changed: Value = _readable(answer, type(answer))
    return changed


def _readable(value: Any, kind: Any) -> Any:
    if isinstance(value, str):
        return readable(value) if kind is str or int not in typing.get_args(kind) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _readable_fields(value)
    if isinstance(value, Mapping):
        of = (*typing.get_args(kind), Any, Any)[1]
        return {key: _readable(one, of) for key, one in value.items()}
    if isinstance(value, Sequence):
        of = (*typing.get_args(kind), Any)[0]
        return type(value)(_readable(one, of) for one in value)  # type: ignore[call-arg]
    return value


def _readable_fields(value: Any) -> Any:
    kinds: dict[str, Any] = _kinds(type(value))  # type: ignore[arg-type]
    now = {name: getattr(value, name) for name in kinds}
    read = {name: _said(name, _readable(one, kinds[name])) for name, one in now.items()}
    changed = {name: one for name, one in read.items() if one != now[name]}
    return dataclasses.replace(value, **changed) if changed else value


def _said(name: str, text: Any) -> Any:
    """A title as one says it: its article first."""
    if name not in ("title", "titles"):
        return text
    from core.model import article_first  # brings NumPy, which the first frame doesn't wait for

    return article_first(text) if isinstance(text, str) else tuple(map(article_first, text))


@cache
def _kinds(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields that may hold text."""
    hints = typing.get_type_hints(kind)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind) if "str" in _names(hints[one.name])}


def _names(kind: Any) -> str:
    """The names in a type, those of the fields of dataclasses among them."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return " ".join(_names(hints[one.name]) for one in dataclasses.fields(kind))
    return " ".join([getattr(kind, "__name__", ""), *map(_names, typing.get_args(kind))])


class ReadableLines(LineFilter):
    """The last look at a line before the terminal gets it: controls become visible, the width stays."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace controls in the texts; what then is too wide loses its end."""
        del background
        texts = [one.text if one.control else readable(one.text) for one in segments]
        if all(text == one.text for text, one in zip(texts, segments, strict=True)):
            return segments
        width = Strip(segments).cell_length
        changed = [Segment(text, *one[1:]) for text, one in zip(texts, segments, strict=True)]
        return list(Strip(changed).adjust_cell_length(width))
