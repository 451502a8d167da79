"""Who is judged, and on which splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.contract import OBJECTIVES, Registry
from core.data import Ratings
from core.errors import UsageError
from core.options import suggest

SPLITS = ("random", "time", "newcomers")
MEANS, POPULARITY, RECENT = "damped means", "popularity", "popularity at the time"
BASELINES = (MEANS, POPULARITY, RECENT)
"""They are always among the contenders, as far as a table lets them."""


@dataclass(frozen=True)
class Contender:
    """An architecture with what it is trained for: "rating" or "ranking"; `rates`: the other is possible."""

    architecture: str
    objective: str
    rates: bool = True

    @property
    def name(self) -> str:
        """As people write it: `bias`, or `bias:ranking` where it might as well predict ratings."""
        return (
            f"{self.architecture}:ranking"
            if self.objective == "ranking" and self.rates
            else self.architecture
        )


def contenders(wanted: str, registry: Registry, ratings: Ratings) -> list[Contender]:
    """Read names separated by commas, each once: `bias`, `bias:ranking`; without any, all there are.

    A name alone is trained for what the table and the architecture have first. Names of baselines may stand
    among them. Raises UsageError.
    """
    words = [word.strip() for word in wanted.split(",") if word.strip()]
    if not words:
        return [
            _contender(name, objective, registry, ratings)
            for name, one in sorted(registry.architectures.items())
            for objective in one.architecture.objectives
            if objective == "ranking" or ratings.has_ratings
        ]
    plain = {name.replace(" ", "-") for name in BASELINES}
    chosen = [_read(word, registry, ratings) for word in words if word.replace(" ", "-") not in plain]
    if not chosen:
        raise UsageError("Name an architecture to judge.", hint=suggest("", registry.architectures))
    return list(dict.fromkeys(chosen))


def _read(word: str, registry: Registry, ratings: Ratings) -> Contender:
    name, _, objective = word.partition(":")
    own = registry.architecture(name).objectives
    if not objective:
        objective = own[0] if ratings.has_ratings else "ranking"
    if objective not in own:
        known = [f"{name}:{one}" for one in own]
        hint = suggest(word, known) if objective in OBJECTIVES else f"Write {' or '.join(known)}."
        raise UsageError(f"{name} can't be trained for {objective!r}.", hint=hint)
    if objective == "rating" and not ratings.has_ratings:
        raise UsageError("The table holds no ratings to predict.", hint=f"Write {name}:ranking.")
    return _contender(name, objective, registry, ratings)


def _contender(name: str, objective: str, registry: Registry, ratings: Ratings) -> Contender:
    rates = ratings.has_ratings and "rating" in registry.architecture(name).objectives
    return Contender(name, objective, rates)


def wanted_splits(wanted: str, ratings: Ratings) -> tuple[list[str], list[str]]:
    """The splits to judge on, and what to say of those that the table can't have; raises UsageError."""
    words = [word.strip() for word in wanted.split(",") if word.strip()] or list(SPLITS)
    for word in words:
        if word not in SPLITS:
            raise UsageError(f"A verdict knows no split {word!r}.", hint=suggest(word, SPLITS))
    if ratings.timestamps is None and "time" in words:
        told = "the table has no times: there is no verdict by time, and no popularity at the time"
        return [word for word in dict.fromkeys(words) if word != "time"], [told]
    return list(dict.fromkeys(words)), []


def refuse_nothing(splits: Sequence[str]) -> None:
    """Raise UsageError where no split is left."""
    if not splits:
        raise UsageError("No split is left to judge on.", hint=f"Choose among {', '.join(SPLITS)}.")
