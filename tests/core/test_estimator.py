"""The estimator in scikit-learn's own hands."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import check_estimator

from core import Ratings, RatingSplitter, Recommender
from core.data import split_ratings
from core.errors import UsageError
from core.model import rmse
from core.views.quality import ndcg_of
from tests.support import make_ratings

MANY_COLUMNS = "it makes a matrix of features, and X holds two or three columns of ids"
NOT_APPLICABLE = dict.fromkeys(
    (
        "check_positive_only_tag_during_fit",
        "check_estimators_dtypes",
        "check_regressors_train",
        "check_regressor_data_not_an_array",
        "check_regressors_no_decision_function",
        "check_regressors_int",
    ),
    MANY_COLUMNS,
)
QUICK = {"epochs": 2, "factors": 2}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return frame_of(make_ratings(30, 20, 12))


def frame_of(ratings: Ratings) -> pd.DataFrame:
    users, items = ratings.user_vocabulary.ids[ratings.users], ratings.item_vocabulary.ids[ratings.items]
    return pd.DataFrame({"user": users, "item": items, "rating": ratings.ratings})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_the_checks_of_scikit_learn_that_apply_pass() -> None:
    checked = check_estimator(Recommender(**QUICK), expected_failed_checks=NOT_APPLICABLE, on_fail=None)
    failed = {one["check_name"]: one["exception"] for one in checked if one["status"] == "failed"}
    assert failed == {}
    assert sum(one["status"] == "passed" for one in checked) > 30
    assert {one["check_name"] for one in checked if one["status"] == "xfail"} == set(NOT_APPLICABLE)


def test_it_learns_from_all_rows_and_goes_to_another_process(frame: pd.DataFrame, tmp_path: Path) -> None:
    made = Recommender("bias", user="uid", folder=tmp_path / "run", **QUICK).fit(
        frame.rename(columns={"user": "uid"})
    )
    assert made.run_.folder == tmp_path / "run" and made.run_.val_rmse is None
    assert made.run_.summarize().train_ratings == len(frame)
    with pytest.raises(UsageError, match="nothing was held out"):
        made.run_.evaluate()
    model = Recommender("bias", **QUICK).fit(frame[["user", "item"]], frame["rating"])
    np.testing.assert_allclose(model.predict(frame), made.predict(frame.rename(columns={"user": "uid"})))
    assert model.predict(polars.DataFrame(frame)).tolist() == model.predict(frame).tolist()
    assert model.score(frame) == pytest.approx(model.score(frame[["user", "item"]], frame["rating"]))
    copied = pickle.loads(pickle.dumps(model))
    place = model.run_.folder
    np.testing.assert_array_equal(copied.predict(frame), model.predict(frame))
    assert copied.run_.folder != place and copied.run_.crosstab(2, 2).note == ""
    assert clone(model).get_params() == model.get_params() and not hasattr(clone(model), "run_")
    del model
    assert not place.exists()
    with pytest.raises(NotFittedError):
        Recommender().predict(frame)
    with pytest.raises(UsageError, match="factor_count"):
        Recommender(factor_count=3).fit(frame)


def test_cross_validation_and_grid_search_take_it(frame: pd.DataFrame) -> None:
    pairs, y, folds = frame[["user", "item"]], frame["rating"], RatingSplitter("kfold", 2, seed=7)
    scores = cross_val_score(Recommender(**QUICK), pairs, y, cv=folds, scoring="neg_root_mean_squared_error")
    (train, test), _ = folds.split(pairs)
    alone = Recommender(**QUICK).fit(pairs.iloc[train], y.iloc[train])
    assert -scores[0] == pytest.approx(
        rmse(alone.predict(pairs.iloc[test]), y.iloc[test].to_numpy(np.float32)), abs=1e-5
    )
    grid = GridSearchCV(Recommender(**QUICK), {"factors": [1, 3]}, cv=RatingSplitter("random", 1)).fit(
        pairs, y
    )
    assert grid.best_params_["factors"] in (1, 3) and grid.best_estimator_.run_.config.options["factors"] in (
        1,
        3,
    )


def test_a_ranking_is_scored_by_what_is_sought(frame: pd.DataFrame) -> None:
    taken = frame[["user", "item"]]
    ((train, test),) = RatingSplitter("user", 1).split(taken)
    ranker = Recommender("dot", objective="ranking", **QUICK).fit(taken.iloc[train])
    score = ranker.score(taken.iloc[test])
    assert 0.1 < score < 1
    assert score == pytest.approx(ndcg_of(ranker.run_.model, make_rows(taken.iloc[test])))
    shown = ranker.run_.recommend("u3", n=20).to_frame()
    scores = ranker.predict(shown.assign(user="u3")[["user", "item"]])
    assert (np.diff(scores) <= 1e-6).all()


def make_rows(pairs: pd.DataFrame) -> Ratings:
    from core import load_ratings

    return load_ratings(pairs)


def test_the_splitter_splits_as_training_does_and_refuses_repeated_rows(frame: pd.DataFrame) -> None:
    ratings = make_ratings(30, 20, 12)
    for method, splits in (("kfold", 3), ("user", 2), ("random", 2)):
        parts = list(RatingSplitter(method, splits, seed=5).split(frame))
        assert len(parts) == splits == RatingSplitter(method, splits).get_n_splits(frame)
        own = split_ratings(ratings, 5, 0.2, method, folds=splits, fold=1)
        np.testing.assert_array_equal(parts[0][1], own.test)
    timed = frame.assign(time=np.arange(len(frame)) % 37)
    ((_, last),) = RatingSplitter("last", count=2).split(timed)
    assert frame.iloc[last].groupby("user").size().eq(2).all()
    with pytest.raises(ValueError, match="2 of 362 rows repeat"):
        next(RatingSplitter().split(pd.concat([frame, frame.head(2)])))
