"""What an update did, and how far it came: kept in the new run, told by the command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.protocol import interval_told
from core.views import Answer, Lines, Remark

_MUCH = 0.2


@dataclass(frozen=True, kw_only=True)
class Updated(Answer):
    """An update of `parent` to `run`: pairs `added`, `changed` and `withdrawn`, those of the news that were
    there already (`unchanged`) and those taken back that never were (`unknown`).

    `users` and `items` count the rows that were solved again, `how` says by what. `figure` (RMSE or nDCG@10)
    is measured on `measured` pairs of the news, held out of it, or all of it where nothing is held out: with
    the parent (`before`), with the update (`after`, None where it learnt them) and with damped means or
    popularity of what training has now (`baseline`). `difference` is after minus before with its 95 %
    interval. `since_full` is the share of training that came after the last training of all.
    """

    run: str
    parent: str
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    unknown: int
    new_users: int
    new_items: int
    users: int
    items: int
    how: str
    seconds: float
    figure: str
    measured: int = 0
    before: float | None = None
    after: float | None = None
    baseline: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    verdict: str = ""
    since_full: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to do where the update may lie far from a training of all; "" where it needn't."""
        way = "`--full` trains on everything again"
        if self.verdict == "worse":
            return f"the update predicts the news worse than {self.parent} did: {way}"
        if self.since_full > _MUCH:
            return f"{self.since_full:.0%} of what training has came after the last training of all: {way}"
        return ""

    def lines(self) -> Lines:
        """What came, what was done, and the figures."""
        yield f"{self.run}  from {self.parent}"
        yield ", ".join(self._came())
        yield f"{self.how}: {self.users:,} users, {self.items:,} items in {self.seconds:.1f} s"
        yield from self._figures()
        for note in self.notes:
            yield Remark(note)
        if self.advice:
            yield Remark(self.advice)

    def _came(self) -> Iterator[str]:
        for count, what in (
            (self.added, "new"),
            (self.changed, "changed"),
            (self.withdrawn, "taken back"),
            (self.unchanged, "known already"),
            (self.unknown, "to be taken back were never there"),
            (self.new_users, "new users"),
            (self.new_items, "new items"),
        ):
            if count:
                yield f"{count:,} {what}"

    def _figures(self) -> Iterator[str]:
        beside = {"RMSE": "damped means"}.get(self.figure, "popularity")
        parts = [
            f"{name} {value:.4f}"
            for name, value in (("before", self.before), ("after", self.after), (beside, self.baseline))
            if value is not None
        ]
        if not parts:
            return
        part = "held out of the news" if self.after is not None else "of the news, before it was learnt"
        yield f"{self.figure} on {self.measured:,} {part}: {'  '.join(parts)}"
        if self.difference is not None:
            sure = interval_told(self.difference_low or 0.0, self.difference_high or 0.0)
            yield f"after − before {self.difference:+.4f} ({sure}), {self.verdict}"
