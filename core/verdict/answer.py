"""What a verdict is: standings on each split by each measure, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.protocol import verdict_of
from core.views import Answer, Cells, Lines, Remark, Table

RMSE, NDCG = "RMSE", "nDCG@10"
FEWEST_USERS = 20
"""Of fewer users an interval says little, so nothing is concluded."""


@dataclass(frozen=True, kw_only=True)
class Away:
    """How far a contender's figure is from another's, with the 95 % interval of that, paired by user."""

    difference: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return not self.low <= 0 <= self.high

    def __str__(self) -> str:
        return f"{self.difference:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A contender's figure with its 95 % interval over users, and its distance from the baseline and from
    the best; None for these two themselves. `seconds` are those of training, `run` where that is kept."""

    name: str
    figure: float
    low: float
    high: float
    from_baseline: Away | None = None
    from_best: Away | None = None
    seconds: float | None = None
    run: str | None = None

    @property
    def leads(self) -> bool:
        """Whether it is the best, or not clearly behind it."""
        return self.from_best is None or not self.from_best.clear


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How far `other` is from `first`."""

    first: str
    other: str
    away: Away


@dataclass(frozen=True, kw_only=True)
class Part:
    """One measure on one split (or on the users that it judges apart), the best first.

    `rows` of `users` were judged; `baseline` names the contender that the others must beat; `pairs` holds all
    differences between two contenders.
    """

    split: str
    measure: str
    split_hash: str
    users: int
    rows: int
    baseline: str
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether enough users were judged to conclude anything."""
        return self.users >= FEWEST_USERS

    @property
    def best(self) -> Standing:
        return self.standings[0]

    def standing(self, name: str) -> Standing | None:
        """A contender's standing, None where it isn't judged here."""
        return next((one for one in self.standings if one.name == name), None)

    def verdict(self, away: Away) -> str:
        """Better, worse or no clear difference."""
        if self.measure == RMSE:
            return verdict_of(away.low, away.high)
        return verdict_of(-away.high, -away.low)


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """Two contenders whose order one split turns round, each time beyond chance: `first` is ahead of `other`
    on `split` by `ahead`, and behind it on `elsewhere` by `behind` (each above 0)."""

    measure: str
    first: str
    other: str
    split: str
    ahead: float
    elsewhere: str
    behind: float


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A contender's standing on one part, as a row of a frame; `verdict` is that against the baseline."""

    measure: str
    split: str
    name: str
    figure: float
    low: float
    high: float
    baseline: str
    from_baseline: Away | None
    verdict: str
    from_best: Away | None
    leads: bool
    users: int
    rows: int
    seconds: float | None
    run: str | None


@dataclass(frozen=True, kw_only=True)
class Verdict(Answer):
    """Which contender wins where on a table, whether the order holds, and in words what to make of it."""

    data: str
    kind: str
    users: int
    items: int
    row_count: int
    parts: tuple[Part, ...]
    reversals: tuple[Reversal, ...]
    conclusions: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float
    device: str = ""

    def rows(self) -> tuple[Placed, ...]:
        """A row a standing, by part and from the best on."""
        return tuple(
            Placed(
                measure=part.measure,
                split=part.split,
                name=one.name,
                figure=one.figure,
                low=one.low,
                high=one.high,
                baseline=part.baseline,
                from_baseline=one.from_baseline,
                verdict="" if one.from_baseline is None else part.verdict(one.from_baseline),
                from_best=one.from_best,
                leads=one.leads,
                users=part.users,
                rows=part.rows,
                seconds=one.seconds,
                run=one.run,
            )
            for part in self.parts
            for one in part.standings
        )

    def lines(self) -> Lines:
        """A table a measure, then the conclusions."""
        for note in self.notes:
            yield Remark(note)
        for part in self.parts:
            few = "" if part.tells else ", too few to conclude anything"
            yield f"{part.measure} on the split {part.split}: {part.rows:,} rows of {part.users:,} users{few}"
            yield Table([heading(part), *cells(part)])
            yield ""
        yield from self.conclusions


def heading(part: Part) -> Cells:
    """The heads of a part's columns."""
    return "", part.measure, "95 %", f"against {part.baseline}", "against the best", "seconds"


def cells(part: Part) -> Iterator[Cells]:
    """A part's standings as cells of a table; without verdicts where too few users were judged."""

    def told(base: Away) -> str:
        return f", {part.verdict(base)}" if part.tells else ""

    for one in part.standings:
        base, best = one.from_baseline, one.from_best
        yield (
            one.name,
            f"{one.figure:.4f}",
            f"{one.low:.4f} to {one.high:.4f}",
            "the baseline" if base is None else f"{base}{told(base)}",
            "the best" if best is None else f"{best}{'' if best.clear else ', within noise'}",
            "-" if one.seconds is None else f"{one.seconds:.1f}",
        )
