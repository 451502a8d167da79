"""A run as a TensorFlow SavedModel with three signatures: TensorFlow Serving answers without our code."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from core.cli.export._served_folding import make_folding, mean_offsets
from core.cli.export._served_histories import Histories
from core.cli.export._served_scores import Products, ServedScores, ThroughHead, frozen
from core.data import Vocabulary
from core.errors import UsageError
from core.files import cannot_write
from core.model import HistoryScorer, LikesFolder, Model, folder_of
from core.startup import tf

_LOWEST = np.float32(np.finfo(np.float32).min)


def export_saved_model(model: Model, folder: Path, top: int) -> Path:
    """Write the SavedModel into a new folder; raises UsageError for one that isn't empty, and for a model
    that TensorFlow can't score, RunError where the ratings that users have given can't be read."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is there already.", hint="Name a new folder; serving takes DIR/1, DIR/2, …"
        )
    served = _Served(model, top)
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        tf.saved_model.save(served, str(partial), signatures=served.signatures())
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


class _Ids(tf.Module):  # type: ignore[misc]
    """External ids and rows of each other; −1 is the row of an unknown id, `nobody` the id of no row."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        whole = vocabulary.ids.dtype.kind == "i"
        self.kind = tf.int64 if whole else tf.string
        ids = vocabulary.ids if whole else np.array(vocabulary.ids.tolist(), object)
        rows = tf.range(len(vocabulary), dtype=tf.int32)
        start = tf.lookup.KeyValueTensorInitializer(tf.constant(ids, self.kind), rows)
        self._table = tf.lookup.StaticHashTable(start, default_value=-1)
        nobody: Any = int(vocabulary.ids.min()) - 1 if whole else ""
        self._ids = tf.Variable(tf.constant([*ids.tolist(), nobody], self.kind), trainable=False)

    def rows(self, ids: Any) -> Any:
        """Rows (int32) of ids, of their shape."""
        return self._table.lookup(ids)

    def ids(self, rows: Any) -> Any:
        """Ids of rows, of their shape."""
        return tf.gather(self._ids, tf.where(rows < 0, tf.shape(self._ids)[0] - 1, rows))


class _Served(tf.Module):  # type: ignore[misc]
    """All that the three signatures need, in frozen variables and lookup tables."""

    def __init__(self, model: Model, top: int) -> None:
        super().__init__()
        self._ranks, self._top = model.ranks, min(top, len(model.items))
        self._users, self._items = _Ids(model.users), _Ids(model.items)
        base, scale = model.baseline, model.baseline.scale
        self._ends, self._mean = (float(scale.minimum), float(scale.maximum)), float(base.mean)
        self._user_known, self._item_known = frozen(base.user_counts > 0), frozen(base.item_counts > 0)
        self._user_offsets, self._item_offsets = frozen(base.user_offsets), frozen(base.item_offsets)
        starts, seen = _seen(model)
        self._starts, self._seen = frozen(starts), frozen(seen)
        self._least = model.facts.positive_from
        self._histories: Histories | None = None
        folder: Any = folder_of(model)
        if isinstance(model.scorer, HistoryScorer):
            self._scores: Any = Histories(model)
            self._histories = self._scores
            self.kept = self._scores.kept
            return
        rows = folder.folder if isinstance(folder, LikesFolder) else folder
        product = rows.factorization
        scores: ServedScores = ThroughHead(model, rows) if product is None else Products(product, rows)
        self._scores, self._fold = scores, make_folding(folder, scores)
        self.kept = [*scores.kept, *self._fold.kept]

    def signatures(self) -> dict[str, Any]:
        """The three questions, each traced for batches of any size."""
        user, item = self._users.kind, self._items.kind
        one = [tf.TensorSpec([None], user, name="user")]
        return {
            "serving_default": tf.function(
                self.score, input_signature=[*one, tf.TensorSpec([None], item, name="item")], autograph=False
            ),
            "recommend": tf.function(self.recommend, input_signature=one, autograph=False),
            "fold_in": tf.function(
                self.fold_in,
                input_signature=[
                    tf.TensorSpec([None, None], item, name="item"),
                    tf.TensorSpec([None, None], tf.float32, name="rating"),
                ],
                autograph=False,
            ),
        }

    def score(self, user: Any, item: Any) -> dict[str, Any]:
        """Predict pairs; unknown ids get the fallback, as everywhere."""
        users, items = self._users.rows(user), self._items.rows(item)
        at = tf.maximum(users, 0), tf.maximum(items, 0)
        known = (users >= 0) & (items >= 0)
        known &= tf.gather(self._user_known, at[0]) & tf.gather(self._item_known, at[1])
        offsets = [
            tf.where(rows >= 0, tf.gather(side, place), 0.0)
            for side, rows, place in zip(
                (self._user_offsets, self._item_offsets), (users, items), at, strict=True
            )
        ]
        raw = tf.where(known, self._scores.pairs(*at), self._mean + offsets[0] + offsets[1])
        return {self._named: self._shown(raw)}

    def recommend(self, user: Any) -> dict[str, Any]:
        """The best items that each user has no rating of; unknown users get them by the fallback."""
        users = self._users.rows(user)
        at = tf.maximum(users, 0)
        known = (users >= 0) & tf.gather(self._user_known, at)
        own = tf.where(users >= 0, tf.gather(self._user_offsets, at), 0.0)
        means = self._mean + own[:, None] + self._item_offsets[None, :]
        raw = tf.where(known[:, None], self._scores.block(at), means)
        sizes = tf.where(users >= 0, tf.gather(self._starts, at + 1) - tf.gather(self._starts, at), 0)
        owners = tf.repeat(tf.range(tf.shape(users)[0], dtype=tf.int64), sizes)
        inside = tf.ragged.range(sizes).values + tf.repeat(tf.gather(self._starts, at), sizes)
        return self._best(raw, tf.stack([owners, tf.cast(tf.gather(self._seen, inside), tf.int64)], axis=1))

    def fold_in(self, item: Any, rating: Any) -> dict[str, Any]:
        """The best items for new users, each of whom gave some ratings; unknown ids only pad."""
        rows = self._items.rows(item)
        at = tf.maximum(rows, 0)
        given = (rows >= 0) & tf.gather(self._item_known, at)
        if self._ranks and self._least is not None:
            counted = given & (rating >= np.float32(self._least))
        else:
            counted = given
        if self._histories is not None:
            raw, untrained = self._histories.of_given(at, counted), 0.0
        else:
            raw = self._scores.all_of_numbers(self._fold(at, rating, counted))
            left = rating - self._mean - tf.gather(self._item_offsets, at)
            untrained = tf.zeros_like(left[:, :1]) if self._ranks else mean_offsets(left, counted)[:, None]
        means = self._mean + untrained + self._item_offsets[None, :]
        raw = tf.where(self._item_known[None, :], raw, means)
        owners = tf.tile(tf.range(tf.shape(rows)[0])[:, None], [1, tf.shape(rows)[1]])
        pairs = tf.cast(tf.stack([owners, at], axis=2), tf.int64)
        return self._best(raw, tf.boolean_mask(pairs, given))

    @property
    def _named(self) -> str:
        return "score" if self._ranks else "rating"

    def _shown(self, raw: Any) -> Any:
        """Clipped to the scale, where they are ratings."""
        return raw if self._ranks else tf.clip_by_value(raw, *self._ends)

    def _best(self, raw: Any, passed_over: Any) -> dict[str, Any]:
        """The best trained items but for pairs (n, 2) of users' places and items; by raw, shown clipped."""
        raw = tf.where(self._item_known[None, :], raw, _LOWEST)
        raw = tf.tensor_scatter_nd_update(raw, passed_over, tf.fill([tf.shape(passed_over)[0]], _LOWEST))
        best, rows = tf.math.top_k(raw, self._top)
        there = best > _LOWEST
        shown = tf.where(there, self._shown(best), _LOWEST)
        return {"item": self._items.ids(tf.where(there, rows, -1)), self._named: shown}


def _seen(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Where each user's items begin, shape (users + 1,), and the items that they have in either part."""
    table = model.rated.ratings
    order = np.argsort(table.users, kind="stable")
    counts = np.bincount(table.users, minlength=len(model.users))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), table.items[order].astype(np.int32)
