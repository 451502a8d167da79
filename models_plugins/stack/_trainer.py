"""The stack's trainer: a batch chooses, one a member trains, one solves for the links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core import Arrays, SliceTotals, TrainingData
from models_plugins.ease import HistoryTrainer, Links
from models_plugins.stack._choosing import carve, choose
from models_plugins.stack._factors import Factors, factors_again, train_factors
from models_plugins.stack._saved import Saved, read_back, to_arrays
from models_plugins.stack._scores import Shares
from models_plugins.stack._sessions import near_counts, session_links

if TYPE_CHECKING:
    from models_plugins.stack.architecture import Stack

_BLOCK = 500
_PASSES = 5
"""Passes over the likes that move touched items from where they were."""
_SPREAD = 0.1
_UNCHOSEN = Shares(1.0, 0.0, 0.0, 1.0, 1.0)


class StackTrainer(HistoryTrainer):
    """Trains all members in one epoch, whatever the learning rate; a `core.Trainer`.

    Its loss is the share of likes that are not among the best tenth of a user's items.
    """

    users_at_a_time = _BLOCK

    def __init__(self, data: TrainingData, architecture: Stack, settings: Any, options: Any) -> None:
        import scipy.sparse

        super().__init__(data, architecture, options, np.ones(len(data), np.float32))
        self._seed, self._popularity = settings.seed, self._counts.astype(np.float32)
        self._known = scipy.sparse.csr_array(self._taken[:, self._kept])
        self._times = None if data.times is None else _times_of(data, self._kept)
        self._shares, self._members = _UNCHOSEN, list[Factors]()
        self._arrays = self._untrained()

    @property
    def parameters(self) -> int:
        """Count the factors, biases and weights from item to item."""
        size, count = self._options.members * (self._options.factors + 1), len(self._kept)
        return int(count * (size + min(self._options.links, count)))

    def begin_epoch(self, epoch: int) -> int:
        """One batch to choose, one a member, one for the links."""
        return int(self._options.members) + 2

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Do the pieces of work from number `first`."""
        for number in range(first, first + count):
            self._work(number)
        return SliceTotals(self._missed(), self._taken.nnz)

    def _work(self, number: int) -> None:
        options = self._options
        if number == 0:
            self._members = []
            carved = carve(self._known, self._times, np.random.default_rng([self._seed, 0xCA]))
            self._shares = choose(carved, options, self._seed)
        elif number <= options.members:
            seed = self._seed * 1000 + number
            sizes = options.factors, self._shares.l2, options.passes
            self._members.append(train_factors(self._known, *sizes, seed))
        else:
            near = near_counts(self._times, np.random.default_rng(self._seed)) if self._shares.near else None
            links = session_links(self._known, self._shares, options.links, near)
            saved = Saved(self._kept, self._members, links, self._shares)
            self._arrays = to_arrays(saved, self._popularity)

    def go_on(self, weights: Arrays, touched: Any) -> Arrays:
        """Arrays from where others were: what was chosen stays, touched items' factors move, links are solved
        for again. Items that get links now start where a new one does."""
        options, before = self._options, read_back(weights, self._taken.shape[1])
        self._shares = before.shares
        old = np.isin(self._kept, before.kept)
        places, moving = np.searchsorted(before.kept, self._kept[old]), np.isin(self._kept, touched) | ~old
        self._members = []
        for number, member in enumerate(before.members, 1):
            seed = self._seed * 1000 + number
            rows = np.random.default_rng(seed).normal(0, _SPREAD, (len(old), member.rows.shape[1]))
            start = Factors(rows.astype(np.float32), np.log(self._popularity[self._kept] + np.float32(0.5)))
            start.rows[old], start.biases[old] = member.rows[places], member.biases[places]
            again = factors_again(self._known, start, self._shares.l2, _PASSES, seed, moving)
            self._members.append(again)
        self._work(options.members + 1)
        return self.weights()

    def close(self) -> None:
        """Let go of what users took."""
        super().close()
        del self._known, self._times

    def _untrained(self) -> Arrays:
        count, size = len(self._kept), self._options.factors
        nothing = Factors(np.zeros((count, size), np.float32), np.log(self._popularity[self._kept] + 0.5))
        links = Links(np.zeros(count + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float16))
        saved = Saved(self._kept, [nothing] * self._options.members, links, _UNCHOSEN)
        return to_arrays(saved, self._popularity)

    def _missed(self) -> float:
        """How much of what some users took isn't in the best tenth of their items, of all likes."""
        users = np.flatnonzero(np.diff(self._taken.indptr))[:_BLOCK].astype(np.int32)
        scores, own = self.all_scores(users), self._taken[users]
        tenth = max(1, scores.shape[1] // 10)
        least = np.partition(scores, -tenth, axis=1)[:, -tenth]
        rows = np.repeat(np.arange(len(users)), np.diff(own.indptr))
        missed = (scores[rows, own.indices] < least[rows]).mean() if len(rows) else 0.0
        return float(missed) * int(self._taken.nnz)


def _times_of(data: TrainingData, kept: Any) -> Any:
    """When each like of the kept items was taken, a scipy.sparse matrix (users, kept) like that of likes."""
    import scipy.sparse

    assert data.times is not None  # noqa: S101 - the caller has looked
    after = data.times().astype(np.float64)
    after -= after.min(initial=0) - 1  # a time of 0 would be no entry
    times = scipy.sparse.csr_array((after, (data.users, data.items)), (data.user_count, data.item_count))
    return scipy.sparse.csr_array(times[:, kept])
