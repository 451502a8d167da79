"""A trained model in memory: what every view works on, be it a saved run or the run in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core.array_types import FloatArray
from core.contract import Architecture, Arrays, ItemTable
from core.data import Ratings, Vocabulary
from core.errors import RunError, TastemapError
from core.model.baseline import Baseline
from core.model.liking import HistoryScorer
from core.model.moments import Moods
from core.model.predictor import Prediction, Predictor
from core.model.rated import RatedTable
from core.model.scorer import HeadLoader, Scorer, Scoring, make_scorer
from core.model.steps import RatingSteps, StepProbability
from core.options import ArchitectureOptions

Kept = TypeVar("Kept")


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What a saved run knows of itself: its id, figures, seconds of training, split hash, and in one line
    where its split let training know the future."""

    run: str | None = None
    val_rmse: float | None = None
    val_ndcg: float | None = None
    positive_from: float | None = None
    split_hash: str | None = None
    seconds: float | None = None
    leak: str = ""


@dataclass(frozen=True)
class Model:
    """Weights with the vocabularies and training means that give them meaning.

    `weights` holds tables (`table/user_factors`, shape (users, factors)) and head weights (`head/0`);
    `scoring` says how scores become ratings.
    `read_rated` gives the ratings that the model was trained on, for views that show true ratings; `folder`
    is the run's, None while it isn't saved; `facts` are what the run knows of itself; `open_run` gives the
    model of another run by name, `load_head` the head of an architecture that NumPy can't score. Under the
    `objective` "ranking" predictions are scores that only order items, not ratings. `steps` say how likely
    each step of the rating scale is, and `moods` what a known moment says, where that was learnt.
    """

    architecture: Architecture
    options: ArchitectureOptions
    users: Vocabulary
    items: Vocabulary
    item_table: ItemTable
    baseline: Baseline
    weights: Arrays
    scoring: Scoring
    read_rated: Callable[[], RatedTable] | None = None
    folder: Path | None = None
    facts: RunFacts = field(default_factory=RunFacts)
    open_run: Callable[[str], Model] | None = None
    load_head: HeadLoader | None = None
    objective: str = "rating"
    steps: RatingSteps | None = None
    moods: Moods | None = None
    _remembered: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def remember(self, name: str, compute: Callable[[], Kept]) -> Kept:
        """Compute something about this model once and keep it under a name."""
        if name not in self._remembered:
            self._remembered[name] = compute()
        kept: Kept = self._remembered[name]
        return kept

    @property
    def ranks(self) -> bool:
        """Whether the model was trained to rank."""
        return self.objective == "ranking"

    @property
    def counted(self) -> str:
        """What training counts of a user or an item: a ranking learns from likes."""
        return "likes" if self.ranks else "ratings"

    def table(self, name: str) -> FloatArray | None:
        """One embedding table by name, shape (rows, dimension); None where the model has no such table."""
        table: FloatArray | None = self.weights.get(f"table/{name}")  # type: ignore[assignment]
        return table

    @cached_property
    def rated(self) -> RatedTable:
        """The ratings behind the model, read on first use; raises TastemapError where they can't be."""
        if self.read_rated is None:
            raise RunError("This model comes without its ratings table.")
        return self.read_rated()

    @cached_property
    def rated_or_reason(self) -> tuple[RatedTable | None, str]:
        """The ratings behind the model and "", or None and why they can't be read."""
        try:
            return self.rated, ""
        except TastemapError as error:
            return None, str(error)

    @cached_property
    def scorer(self) -> Scorer | HistoryScorer:
        """Scores rows; loads TensorFlow only for heads that NumPy can't score."""
        offsets = self.baseline.user_offsets, self.baseline.item_offsets
        return make_scorer(
            self.architecture, self.options, self.weights, self.scoring, offsets, self.load_head
        )

    def distribution(self, user: int, item: int) -> tuple[StepProbability, ...]:
        """How likely each step of the rating scale is for a pair of trained rows; () where none can be told.

        Without learnt steps it takes an architecture that tells its uncertainty; cuts then lie midway.
        """
        pair = np.array([user]), np.array([item])
        deviations = None if self.ranks else self.scorer.deviations(*pair)
        steps = self.steps
        if steps is None and deviations is not None:
            steps = RatingSteps.midway(self.baseline.scale)
        if steps is None or self.ranks:
            return ()
        likely = steps.probabilities(self.scorer.raw(*pair), deviations)[0]
        return tuple(map(StepProbability, steps.values, likely.tolist()))

    @cached_property
    def predictor(self) -> Predictor:
        """Predicts by external ids."""
        return Predictor(self.users, self.items, self.item_table, self.baseline, self.scorer)

    def predict(self, user: object, item: object) -> Prediction:
        """Predict the rating of one user for one item, both external ids; unknown ids get the fallback."""
        return self.predictor.predict(user, item)

    def predict_many(self, users: Sequence[object], items: Sequence[object]) -> FloatArray:
        """Predict pairs of external ids, result of shape (n,); unknown ids get the fallback."""
        return self.predictor.predict_many(users, items)

    def predict_ratings(self, ratings: Ratings) -> FloatArray:
        """Predict every row of a table, shape (n,), whatever its ids; unknown ids get the fallback."""
        return self.predictor.predict_ratings(ratings)
