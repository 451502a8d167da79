"""Colour a map by genre, year, bias or popularity: a category for each item, and a name for each category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from textual.content import Content

from core.views import ItemMap
from tui.map.scatter import ASCII_SYMBOLS, SYMBOLS

WAYS = ("genre", "year", "bias", "popularity")
_MOST = 8
_BINS = 5


@dataclass(frozen=True)
class Colouring:
    """`categories` has a number from 0 for each item, `names` one text a category.

    `ordered` ones run from low to high and want colours that do too.
    """

    categories: npt.NDArray[np.int32]
    names: tuple[str, ...]
    ordered: bool = False


def colour_by(way: str, places: ItemMap) -> Colouring:
    """Categorise the items of a map; where they have no biases, these give one category."""
    if way == "genre":
        return _by_genre(places.genres)
    if way == "year":
        return _by_number(places.years, "{:.0f}–{:.0f}", unknown=0)
    if way == "bias":
        missing = [0.0] * len(places.items)
        return _by_number(places.bias or missing, "{:+.2f} to {:+.2f}", None if places.bias else 0)
    return _by_number(places.ratings, f"{{:,.0f}}–{{:,.0f}} {places.counted}")


def _by_genre(genres: Iterable[Sequence[str]]) -> Colouring:
    """An item's colour is that of its rarest genre among the most common ones: "Drama" alone says little."""
    counts = Counter(name for names in genres for name in names)
    common = [name for name, _ in counts.most_common(_MOST - 1)]
    rank = {name: number for number, name in enumerate(common)}
    chosen = [max((rank[name] for name in names if name in rank), default=len(common)) for names in genres]
    categories = np.array(chosen, np.int32)
    return Colouring(categories, (*common, "other"))


def _by_number(values: npt.ArrayLike, form: str, unknown: float | None = None) -> Colouring:
    numbers = np.asarray(values, np.float64)
    known = numbers != unknown if unknown is not None else np.isfinite(numbers)
    if not known.any():
        return Colouring(np.zeros(len(numbers), np.int32), ("unknown",))
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _BINS + 1)))
    bins = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, max(0, len(edges) - 2))
    pairs = list(pairwise(edges)) or [(edges[0], edges[0])]
    names = [form.format(low, high) for low, high in pairs]
    if not known.all():
        names.append("unknown")
        bins[~known] = len(names) - 1
    return Colouring(bins.astype(np.int32), tuple(names), ordered=True)


def colour_legend(
    way: str, colouring: Colouring, colours: Sequence[str], shapes: bool, ascii_only: bool
) -> Content:
    """What the colours mean, and the symbols where they are drawn."""
    signs = ASCII_SYMBOLS if ascii_only else SYMBOLS
    parts = [Content.from_markup("[b]$way[/]  ", way=way)]
    for number, name in enumerate(colouring.names):
        sign = signs[number % len(signs)] if shapes else "⠿"
        colour = colours[min(number, len(colours) - 1)]
        parts.append(Content.from_markup(f"[{colour}]$sign[/] $name  ", sign=sign, name=name))
    return Content("").join(parts)
