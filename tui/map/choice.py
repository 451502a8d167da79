"""What the map shows: components, ranks of popularity, colouring; and how its search finds titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.charts.colouring import WAYS

RANGES = ((0, 300), (0, 1000), (0, 2000), (0, 10_000))
NOTEBOOK_RANKS, NOTEBOOK_COMPONENTS = (50, 100), (1, 3)
LAST_COMPONENT = 9


@dataclass
class MapChoice:
    """The choices of one map; `question` gives them as arguments of the view."""

    components: list[int] = field(default_factory=lambda: [1, 2])
    ranks: tuple[int, int] = RANGES[1]
    way: str = WAYS[0]

    def question(self) -> dict[str, Any]:
        """The arguments of the `map` view."""
        return {"components": list(self.components), "first": self.ranks[0], "last": self.ranks[1]}

    def next_colouring(self) -> None:
        """Colour by the next column."""
        self.way = WAYS[(WAYS.index(self.way) + 1) % len(WAYS)]

    def next_range(self) -> None:
        """Show more items; after the most, few again."""
        following = RANGES.index(self.ranks) + 1 if self.ranks in RANGES else 0
        self.ranks = RANGES[following % len(RANGES)]

    def notebook(self) -> None:
        """The items of ranks 50 to 100 on components 1 and 3, as the notebook drew them."""
        self.components, self.ranks = list(NOTEBOOK_COMPONENTS), NOTEBOOK_RANKS

    def next_component(self, axis: int) -> None:
        """The next component for an axis, leaving out the one on the other."""
        number = self.components[axis] % LAST_COMPONENT + 1
        if number == self.components[1 - axis]:
            number = number % LAST_COMPONENT + 1
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
