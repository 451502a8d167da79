"""The texts around the map: its title, legend, the card of an item, the list of neighbours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from textual.content import Content

from tui.charts.colouring import Colouring
from tui.charts.scatter import ASCII_SYMBOLS, SYMBOLS
from tui.formats import count

_YEAR = re.compile(r"\s*\(\d{4}\)$")


def map_title(items: Mapping[str, Any], components: Sequence[int], ranks: tuple[int, int]) -> str:
    """`Items 50–100 by popularity · x: 1 classics 9% · y: 3 4%`."""
    axes = [
        f"{axis}: {' '.join(filter(None, (str(number), _name(items, axis), f'{share:.0%}')))}"
        for axis, number, share in zip("xy", components, items["explained"], strict=True)
    ]
    shown = len(items["items"])
    which = f"{shown} most rated" if ranks[0] == 0 else f"{ranks[0]}–{ranks[0] + shown} by popularity"
    return " · ".join((f"Map of items: {which}", *axes)).replace("[", "\\[")


def short_title(title: str) -> str:
    """A title as a label: without its year, which the card tells."""
    return _YEAR.sub("", title) or title


def _name(items: Mapping[str, Any], axis: str) -> str:
    return str(items.get("names", {}).get(axis, ""))


def legend(way: str, colouring: Colouring, colours: Sequence[str], shapes: bool, ascii_only: bool) -> Content:
    """What the colours mean, and the symbols where they are drawn."""
    signs = ASCII_SYMBOLS if ascii_only else SYMBOLS
    parts = [Content.from_markup("[b]$way[/]  ", way=way)]
    for number, name in enumerate(colouring.names):
        sign = signs[number % len(signs)] if shapes else "⠿"
        colour = colours[min(number, len(colours) - 1)]
        parts.append(Content.from_markup(f"[{colour}]$sign[/] $name  ", sign=sign, name=name))
    return Content("").join(parts)


def card(items: Mapping[str, Any], index: int | None, compact: bool = False) -> Content:
    """An item in a few lines."""
    if index is None or not items or index >= len(items["items"]):
        return Content.from_markup("[$foreground 60%]Arrow keys walk from title to title.[/]")
    bias = items.get("bias")
    facts = [
        ("year", str(items["years"][index] or "—")),
        ("genres", ", ".join(items["genres"][index]) or "—"),
        ("ratings", count(items["ratings"][index])),
        ("bias", f"{bias[index]:+.3f}" if bias else "—"),
        ("x, y", f"{items['x'][index]:+.3f}, {items['y'][index]:+.3f}"),
        ("id", str(items["items"][index])),
    ]
    title = Content.from_markup("[b $accent]$title[/]", title=items["titles"][index])
    if compact:
        short = f"{facts[2][1]} ratings · bias {facts[3][1]} · {facts[1][1]}"
        return title + Content.from_markup("\n$short", short=short)
    lines = [title]
    lines += [
        Content.from_markup("[$foreground 60%]$name[/] $value", name=f"{name:<8}", value=value)
        for name, value in facts
    ]
    return Content("\n").join(lines)


def neighbours_text(similar: Sequence[Mapping[str, Any]], places: Mapping[Any, int]) -> Content:
    """The most similar items; those on the map are underlined there."""
    lines = [Content.from_markup("\n[b]Most similar[/] [$foreground 60%](all factors)[/]")]
    for each in similar:
        look = "$success" if each["item"] in places else "$foreground 60%"
        similarity = f"{each['similarity']:5.2f}"
        lines.append(
            Content.from_markup(f"$similarity [{look}]$title[/]", similarity=similarity, title=each["title"])
        )
    return Content("\n").join(lines)
