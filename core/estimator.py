"""scikit-learn's habits: an estimator of ratings or rankings, and a splitter for its cross-validation."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_array, check_is_fitted

from core.api import load_run, train
from core.array_types import FloatArray, LongArray
from core.contract import TrainingSettings, load_plugins
from core.data import Ratings, load_ratings, split_ratings
from core.data.reading import NONE
from core.data.reading.typed import is_frame
from core.errors import DataError, UsageError
from core.options import suggest
from core.views.quality import ndcg_of

_ROLES = ("user", "item", "time")
_RATING = "rating"
_METHODS = ("kfold", "random", "user", "last", "time")


class Recommender(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A recommender as scikit-learn knows estimators: `Recommender("bias").fit(frame).predict(pairs)`.

    X is a frame with columns of users, items and maybe times (of usual names, or named by `user`, `item`,
    `time`), or an array of these two or three columns. Ratings are y, or else a column of the frame
    (`rating`). `choices` are options of the architecture and settings of the training, such as factors=20 or
    epochs=10; they are parameters like the others. Nothing is held out: `fit` learns from all rows.

    After `fit`, `run_` is the saved run, with every view as a method. It lies in `folder`, or else in a
    temporary one that goes with the estimator. `score` is R² of predicted ratings, or nDCG@10 under the
    objective "ranking", where `predict` gives scores that only order a user's items.
    """

    def __init__(
        self,
        architecture: str = "bias",
        objective: str = "auto",
        recipe: str = "default",
        *,
        user: str = "",
        item: str = "",
        rating: str = "",
        time: str = "",
        folder: str | Path | None = None,
        **choices: Any,
    ) -> None:
        self.architecture, self.objective, self.recipe = architecture, objective, recipe
        self.user, self.item, self.rating, self.time = user, item, rating, time
        self.folder = folder
        self._choices = choices

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters by name, choices among them."""
        return {**super().get_params(deep), **self._choices}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters; a name that is none of the estimator's own is a choice, checked by `fit`."""
        own = set(self._get_param_names())
        for name, value in parameters.items():
            if name in own:
                setattr(self, name, value)
            else:
                self._choices[name] = value
        return self

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803 - scikit-learn's name
        """Train on all rows; raises TastemapError for a table or choices that can't be used."""
        names = _names(X)
        table = self._table(X, y)
        settings = {field.name for field in TrainingSettings.fields()}
        chosen = {name: value for name, value in self._choices.items() if name in settings}
        self.run_ = train(
            table,
            self.architecture,
            recipe=self.recipe,
            options={name: value for name, value in self._choices.items() if name not in settings},
            folder=self._place(),
            progress=False,
            **{"split": "none", "objective": self.objective, **chosen},
        )
        self.n_features_in_ = len(names) if names else np.asarray(X).shape[1]
        if names:
            self.feature_names_in_ = np.array(names, dtype=object)
        return self

    def predict(self, X: Any) -> FloatArray:  # noqa: N803
        """Predict the rating (or score) of each row, shape (n,); unknown ids get the fallback."""
        check_is_fitted(self, "run_")
        found = self.run_.predict(_frame(X), user_column=self.user, item_column=self.item)
        column = "raw" if self.run_.objective == "ranking" else "rating"
        predicted: FloatArray = found[column].to_numpy()
        return predicted

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:  # noqa: N803
        """R² of the predicted ratings; under the objective "ranking" nDCG@10 of the rows among all items."""
        check_is_fitted(self, "run_")
        table = self._table(X, y)
        if self.run_.objective == "ranking":
            return ndcg_of(self.run_.model, table)
        truth = table.ratings if y is None else y
        predicted = self.run_.model.predict_ratings(table) if y is None else self.predict(X)
        return float(r2_score(truth, predicted, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.required = False
        tags.no_validation = True  # columns are ids, which scikit-learn's checks would turn into numbers
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """The run's files go along, so that a copy in another process has all that it needs."""
        state = dict(super().__getstate__())
        run = state.pop("run_", None)
        state.pop("_finalizer", None)
        if run is not None:
            files = (path for path in run.folder.rglob("*") if path.is_file() and path.name != "lock")
            state["_files"] = {str(path.relative_to(run.folder)): path.read_bytes() for path in files}
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        files = state.get("_files")
        super().__setstate__({name: value for name, value in state.items() if name != "_files"})
        if files is not None:
            folder = self._temporary() / "run"
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            self.run_ = load_run(folder, load_plugins())

    def _place(self) -> Path:
        return self._temporary() / "run" if self.folder is None else Path(self.folder)

    def _temporary(self) -> Path:
        """A folder for this user alone, removed when the estimator goes or has another one."""
        former: weakref.finalize[..., Any] | None = vars(self).get("_finalizer")
        if former is not None:
            former()
        folder = tempfile.mkdtemp(prefix="tastemap-")
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def _table(self, pairs: Any, ratings: Any) -> Ratings:
        columns = {role: getattr(self, role) for role in (*_ROLES, _RATING) if getattr(self, role)}
        return _ratings(pairs, ratings, columns)


class RatingSplitter:
    """Splits rows for scikit-learn's cross-validation as Tastemap does: `cv=RatingSplitter("user")`.

    kfold: `n_splits` equal random parts. random, user: `n_splits` times about `test_fraction` of all rows, or
    of every user's, held out, with seeds counted up. last: once the latest `count` ratings of each user.
    time: once the latest `test_fraction` of all rows.
    Columns are those of `Recommender`.
    """

    def __init__(
        self,
        method: str = "kfold",
        n_splits: int = 5,
        *,
        test_fraction: float = 0.2,
        count: int = 1,
        seed: int = 42,
        user: str = "",
        item: str = "",
        time: str = "",
    ) -> None:
        self.method, self.n_splits, self.test_fraction = method, n_splits, test_fraction
        self.count, self.seed = count, seed
        self.user, self.item, self.time = user, item, time

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803
        """How many times it splits."""
        return 1 if self.method in ("last", "time") else self.n_splits

    def split(
        self,
        X: Any,  # noqa: N803
        y: Any = None,  # noqa: ARG002 - scikit-learn gives it
        groups: Any = None,  # noqa: ARG002
    ) -> Iterator[tuple[LongArray, LongArray]]:
        """Give rows to train on and rows to test, each time.

        Raises PairsError where a pair of user and item is there twice: it would be trained on and tested.
        """
        columns = {role: getattr(self, role) for role in _ROLES if getattr(self, role)}
        table = _rows(X, columns)
        if self.method not in _METHODS:
            message = f"{self.method!r} is no way to split for scikit-learn."
            raise UsageError(message, hint=suggest(self.method, _METHODS))
        for number in range(self.get_n_splits()):
            split = split_ratings(
                table,
                self.seed if self.method == "kfold" else self.seed + number,
                self.test_fraction,
                self.method,
                folds=self.n_splits,
                fold=number + 1,
                count=self.count,
            )
            yield split.train, split.test


class PairsError(DataError, ValueError):
    """What scikit-learn gave can't be read as pairs and ratings: a ValueError, as its users expect."""


def _names(pairs: Any) -> list[str]:
    """The names of a frame's columns; none for an array."""
    if not is_frame(pairs):
        return []
    return [str(name) for name in getattr(pairs, "column_names", None) or pairs.columns]


def _frame(pairs: Any) -> Any:
    """A frame as it is; of an array its columns as user, item and time. Raises PairsError for others."""
    if is_frame(pairs):
        return pairs
    import pandas

    if issparse(pairs):
        hint = "Make a frame of its coordinates, with pairs.tocoo()."
        raise PairsError("Sparse input is not supported: X holds pairs of ids.", hint=hint)
    array = np.asarray(pairs)
    if array.ndim != 2 or not 2 <= array.shape[1] <= len(_ROLES):
        hint = "Give a frame, or an array with a column of users, one of items and maybe one of times."
        shape = ", ".join(map("{} = {}".format, ("n_samples", "n_features"), array.shape))
        raise PairsError(f"X with {shape} holds no pairs.", hint=hint)
    return pandas.DataFrame(dict(zip(_ROLES, array.T, strict=False)))


def _ratings(pairs: Any, ratings: Any, columns: Mapping[str, str]) -> Ratings:
    """The table of pairs and ratings, those of the frame itself where there are no others.

    Raises ValueError for ratings that are too few, too many or not finite.
    """
    frame, reading = _frame(pairs), {f"{role}_column": name for role, name in columns.items()}
    if ratings is None:
        return load_ratings(frame, reading)
    import pyarrow as pa

    table = frame if isinstance(frame, pa.Table) else pa.table(frame)
    values = check_array(ratings, ensure_2d=False, input_name="y")
    if values.shape != (len(table),):
        raise PairsError(f"X has {len(table):,} rows and y has the shape {values.shape}.")
    own = columns.get(_RATING, _RATING)
    if own in table.column_names:
        table = table.drop_columns([own])
    return load_ratings(table.append_column(own, pa.array(values)), {**reading, f"{_RATING}_column": own})


def _rows(pairs: Any, columns: Mapping[str, str]) -> Ratings:
    """The table of pairs alone, one row a pair as in `pairs`; raises PairsError where one is there twice."""
    reading = {f"{role}_column": name for role, name in columns.items()}
    table, frame = load_ratings(_frame(pairs), {**reading, f"{_RATING}_column": NONE}), _frame(pairs)
    if len(table) != len(frame):
        raise PairsError(
            f"{len(frame) - len(table):,} of {len(frame):,} rows repeat a user's item.",
            hint="Keep one row of each first, as in frame.drop_duplicates([user, item]).",
        )
    return table
