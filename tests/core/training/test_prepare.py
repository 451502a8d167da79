"""A prepared table lets go of ratings that are kept elsewhere."""

from __future__ import annotations

from core.contract.settings import TrainingSettings
from core.data.ratings import Ratings
from core.training._prepare import Figures, prepare


def test_without_training_ratings_the_figures_stay(ratings: Ratings) -> None:
    whole = prepare(ratings, TrainingSettings.parse({"early_stopping": 2}))
    kept = whole.without_training()
    assert len(kept.train) == 0
    assert (kept.train.mean, kept.train.user_count) == (whole.train.mean, whole.train.user_count)
    assert (kept.held_out, kept.tuning, kept.split) == (whole.held_out, whole.tuning, whole.split)


def test_without_ratings_nothing_is_measured(ratings: Ratings) -> None:
    none = prepare(ratings, TrainingSettings.parse({"early_stopping": 2})).without_ratings()
    pairs = (none.held_out, none.tuning, none.train_sample)
    assert [len(each) for each in (none.train, *pairs, none.split.train, none.split.test)] == [0] * 6
    for each in pairs:
        assert none.measure(None, each) == Figures(None, None)  # type: ignore[arg-type]
