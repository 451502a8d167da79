"""What the map shows and in which words: components, ranks and colouring, the title, the card, the search."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from core.views import ItemMap, ItemNeighbours, Map
from tui.formats import count, counted_words, short_title
from tui.lists import Entry, heading
from tui.map.colouring import WAYS
from tui.shell import Thing

_RANGES = ((0, 300), (0, 1000), (0, 2000), (0, 10_000))
NOTEBOOK_RANKS, NOTEBOOK_COMPONENTS = (50, 100), (1, 3)
_LAST_COMPONENT = 9


@dataclass
class MapChoice:
    """The choices of one map; `question` asks the view for it."""

    components: list[int] = field(default_factory=lambda: [1, 2])
    ranks: tuple[int, int] = _RANGES[1]
    way: str = WAYS[0]

    def question(self) -> Map:
        """Ask for the chosen ranks on the chosen components."""
        (x, y), (first, last) = self.components, self.ranks
        return Map(x=x, y=y, first=first, last=last)

    def next_colouring(self) -> None:
        """Colour by the next column."""
        self.way = WAYS[(WAYS.index(self.way) + 1) % len(WAYS)]

    def next_range(self) -> None:
        """Show more items; after the most, few again."""
        following = _RANGES.index(self.ranks) + 1 if self.ranks in _RANGES else 0
        self.ranks = _RANGES[following % len(_RANGES)]

    def notebook(self) -> None:
        """The items of ranks 50 to 100 on components 1 and 3, as the notebook drew them."""
        self.components, self.ranks = list(NOTEBOOK_COMPONENTS), NOTEBOOK_RANKS

    def widen(self) -> bool:
        """Show more items where more can be shown."""
        wider = [ranks for ranks in _RANGES if ranks[1] > self.ranks[1]]
        if wider:
            self.ranks = wider[0]
        return bool(wider)

    def next_component(self, axis: int, step: int = 1) -> None:
        """Another component for an axis, leaving out the one on the other."""
        number = (self.components[axis] - 1 + step) % _LAST_COMPONENT + 1
        if number == self.components[1 - axis]:
            number = (number - 1 + step) % _LAST_COMPONENT + 1
        self.components[axis] = number


def find_titles(text: str, titles: Sequence[str], most: int = 20) -> tuple[int, ...]:
    """The indices of the titles that match best, none for a text too short to mean anything."""
    plain = text.casefold().strip()
    if len(plain) < 2:
        return ()
    direct = [index for index, title in enumerate(titles) if plain in title.casefold()]
    return tuple(direct[:most]) if direct else _similar_titles(text, titles, most)


def _similar_titles(text: str, titles: Sequence[str], most: int) -> tuple[int, ...]:
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        text, titles, scorer=fuzz.WRatio, processor=utils.default_process, limit=most, score_cutoff=80
    )
    return tuple(index for _, _, index in found)


def map_title(places: ItemMap, ranks: tuple[int, int]) -> str:
    """`Items 50–100 by popularity · x: 1 classics 9% · y: 3 4%`."""
    axes = [
        f"{axis}: {' '.join(filter(None, (str(number), name, f'{share:.0%}')))}"
        for axis, number, name, share in zip(
            "xy", places.components, places.names, places.explained, strict=True
        )
    ]
    shown = len(places.items)
    most = "most liked" if places.counted == "likes" else "most rated"
    which = f"{shown} {most}" if ranks[0] == 0 else f"{ranks[0]}–{ranks[0] + shown} by popularity"
    if places.fidelity is not None:
        axes.append(f"keeps {places.fidelity:.0%} of true neighbours")
    return " · ".join((f"Map of items: {which}", *axes)).replace("[", "\\[")


def card(places: ItemMap | None, index: int | None, compact: bool = False) -> Content:
    """An item in a few lines."""
    if places is None or index is None or index >= len(places.items):
        return Content.from_markup("[$foreground 60%]Arrow keys walk from title to title.[/]")
    facts = [
        ("year", str(places.years[index] or "—")),
        ("genres", ", ".join(places.genres[index]) or "—"),
        (places.counted, count(places.ratings[index])),
        ("bias", f"{places.bias[index]:+.3f}" if places.bias else "—"),
        ("x, y", f"{places.x[index]:+.3f}, {places.y[index]:+.3f}"),
        ("id", str(places.items[index])),
    ]
    title = Content.from_markup("[b $accent]$title[/]", title=places.titles[index])
    if compact:
        short = f"{counted_words(places.ratings[index], places.counted)} · bias {facts[3][1]} · {facts[1][1]}"
        return title + Content.from_markup("\n$short", short=short)
    lines = [title]
    lines += [
        Content.from_markup("[$foreground 60%]$name[/] $value", name=f"{name:<8}", value=value)
        for name, value in facts
    ]
    return Content("\n").join(lines)


def neighbour_entries(neighbours: ItemNeighbours, on_map: Container[int | str]) -> list[Entry]:
    """The items most similar to one, named in the first line; those on the map are underlined there."""
    title = short_title(neighbours.item.title or str(neighbours.item.item))
    entries = [heading(f"Most similar to {title}"), heading("likeness in all factors")]
    for each in neighbours.similar:
        look = "$success" if each.item in on_map else "$foreground 60%"
        line = Content.from_markup(
            f"$similarity [{look}]$title[/]", similarity=f"{each.similarity:5.2f}", title=each.title
        )
        entries.append(Entry(line, Thing("item", each.item, each.title)))
    return entries
