"""The Gibbs sampler as a trainer: a batch is a sweep, and predictions are the mean of all samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from core import Arrays, FloatArray, RowArray, SliceTotals, TastemapError, TrainingData
from models_plugins.bayes._chains import Agreement
from models_plugins.bayes._features import (
    beside_columns,
    genre_columns,
    set_columns,
    strongest_features,
    year_columns,
)
from models_plugins.bayes._posterior import Posterior, in_units
from models_plugins.bayes._rank import telling_directions
from models_plugins.bayes._sampler import Sampler
from models_plugins.bayes._side_by_side import Chains, Sample, sweeps_for
from models_plugins.bayes._state import Features

_CHUNK = 65_536
_MANY = 50_000
"""From so many training ratings on a sample has more factors, whatever they tell."""
_CONTRAST = 2.0
"""Rows are alike by this power of what features say: strong directions tell most."""
_LARGE, _DEAR = 300_000, 2_000_000
"""From so many training ratings on a table has two chains in place of three; one, and no more factors."""


class GibbsTrainer:
    """Samples rows of users and items from their posterior; a `core.Trainer`.

    NumPy's small products run on one thread: more would gain nothing, fight over busy cores, and make numbers
    depend on their count. The learning rate, batch size and optimizer of the settings mean nothing to it.
    Ratings are sampled in units of their noise around damped means, so that vague hyperpriors mean the same
    on every rating scale. Every sweep draws from a generator of its own, made of seed, chain and number, so
    that a resumed training draws the same numbers. A batch is a sweep of every chain. What the chains draw is
    collected at the end of an epoch, chain by chain.
    """

    def __init__(self, data: TrainingData, seed: int, device: str, options: Any) -> None:
        """`options` are those of `models_plugins.bayes.architecture.Bayes`."""
        self._scale = float(max(data.noise, 1e-6))
        data = replace(data, targets=data.targets / np.float32(self._scale))
        self._data, self._options = data, options
        self._factors = int(options.factors) or factors_for(data)
        import scipy.linalg  # noqa: F401 - only libraries that are there already are held to one thread

        self._one_thread = ThreadpoolController().wrap(limits=1, user_api="blas")
        features = self._one_thread(side_features)(data, options)
        chains = int(options.chains) or chains_for(data.room)
        sweeps = sweeps_for(data, self._factors + 1, device, chains)
        self._samplers = [
            Sampler(
                sweep,
                features,
                np.bincount(data.users, minlength=data.user_count),
                options.noise_freedom,
                (seed, chain),
                (data.item_count, self._factors + 1),
            )
            for chain, sweep in enumerate(sweeps)
        ]
        self._chains = Chains(self._samplers, sweeps)
        self._drawn: list[list[Sample]] = [[] for _ in sweeps]
        self._agreement = Agreement(data, chains)
        self._posterior = Posterior((data.user_count, data.item_count), *self._widths())
        self._tables = self._in_ratings(self._sampler_tables())
        self._first_sweep = 0

    @property
    def parameters(self) -> int:
        """Count the numbers of one sample: a row of factors and a bias for every user and item."""
        return (self._data.user_count + self._data.item_count) * (self._factors + 1)

    def begin_epoch(self, epoch: int) -> int:
        """Note the number of the epoch's first sweep; returns the sweeps of a chain in an epoch."""
        self._first_sweep = (epoch - 1) * self._sweeps
        self._drawn = [[] for _ in self._samplers]
        return self._sweeps

    def compile(self) -> None:
        """Compile the sweep."""
        self._samplers[0].compile()

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Run `count` sweeps of every chain; the squared error is that of the samples."""
        error: float = self._one_thread(self._run_sweeps)(first, count)
        if first + count == self._sweeps:
            self._one_thread(self._close_epoch)()
        return SliceTotals(error * self._scale**2, count * len(self._samplers) * len(self._data))

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs by the posterior mean as of the last full epoch."""
        tables: dict[str, Any] = self._tables
        scores = np.empty(len(users), np.float32)
        for start in range(0, len(users), _CHUNK):
            part = slice(start, start + _CHUNK)
            left, right = tables["user_factors"][users[part]], tables["item_factors"][items[part]]
            biases = tables["user_bias"][users[part]] + tables["item_bias"][items[part]]
            scores[part] = np.einsum("ij,ij->i", left, right) + biases[:, 0]
        return scores

    def convergence(self) -> Mapping[str, float]:
        """Whether the chains agree; empty for one chain."""
        return self._agreement.told()

    def weights(self) -> Arrays:
        """Copy the tables of the posterior mean and of the spread."""
        return {f"table/{name}": array.copy() for name, array in self._tables.items()}

    def state(self) -> Arrays:
        """Copy tables, the sampler's last sample, priors and noise, and the posterior's sums."""
        parts = {
            **{f"sampler/{chain}": sampler.state() for chain, sampler in enumerate(self._samplers)},
            "agreement": self._agreement.state(),
            "posterior": self._posterior.state(),
            "unit": {"noise": np.array([self._scale])},
        }
        named = {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}
        return {**self.weights(), **named}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take a state back; raises TastemapError where names or shapes differ."""
        for name, array in self.state().items():
            if name not in state or state[name].shape != array.shape:
                raise TastemapError(
                    f"The saved {name} doesn't fit bayes.", hint="Has its plugin changed since?"
                )
        self._tables = {name: np.array(state[f"table/{name}"]) for name in self._tables}
        for chain, sampler in enumerate(self._samplers):
            sampler.restore(_part(state, f"sampler/{chain}"))
        self._agreement.restore(_part(state, "agreement"))
        self._posterior.restore(_part(state, "posterior"))

    def close(self) -> None:
        """Let go of the sweeps, with their threads, and of their ratings."""
        del self._samplers, self._chains

    @property
    def _sweeps(self) -> int:
        """The sweeps of a chain in an epoch."""
        return int(self._options.sweeps)

    def _run_sweeps(self, first: int, count: int) -> float:
        """Run `count` sweeps of the epoch from number `first`."""
        start = self._first_sweep + first
        found = self._chains.run(range(start, start + count))
        burnt = max(0, int(self._options.burn_in) - start)
        for drawn, samples in zip(self._drawn, found, strict=True):
            drawn.extend(samples[burnt:])
        return sum(sample.error for samples in found for sample in samples)

    def _close_epoch(self) -> None:
        for chain, drawn in enumerate(self._drawn):
            for sample in drawn:
                self._posterior.add(sample.rows, sample.noise)
                self._agreement.add(chain, sample.rows)
            self._posterior.compress()
            drawn.clear()
        tables = self._posterior.tables() if self._posterior.count else self._sampler_tables()
        self._tables = self._in_ratings(tables)

    def _in_ratings(self, tables: Arrays) -> Arrays:
        """Turn tables in units of the noise into ones in units of the rating."""
        return in_units(tables, self._scale, self._factors + 1)

    def _sampler_tables(self) -> Arrays:
        """Tables of the current sample alone, for the time before any sample is collected."""
        alone = Posterior((self._data.user_count, self._data.item_count), *self._widths())
        alone.add(self._samplers[0].rows, self._samplers[0].noise)
        alone.compress()
        return alone.tables()

    def _widths(self) -> tuple[int, int]:
        return self._factors, int(self._options.components)


def factors_for(data: TrainingData) -> int:
    """How many factors a sample has: as many as the ratings tell apart, but not few of them and at most 32.

    See `telling_directions`. On real tables that is too few, where features tell more than ratings alone: on
    a part carved out of the 2016 MovieLens table, which tells 11 apart, 6, 8, 12 and 16 reach .8336, .8317,
    .8289 and .8296 after 200 sweeps of a chain, on one of 2018, which tells 9, 9 and 12 .8047 and .8015. A
    sweep's time goes by their square, so that very large tables get no more than so many.
    """
    fewest = 12 if data.room >= _MANY else 8
    if data.room >= _DEAR:
        return fewest
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        return max(fewest, telling_directions(data))


def chains_for(ratings: int) -> int:
    """How many chains a table of so many training ratings gets.

    Samples of one chain are alike, so that its mean still moves after hundreds of them; those of another
    aren't. On parts carved out of the 2016 and 2018 MovieLens tables one chain of 200 sweeps reaches .8254
    and .8183, two .8239 and .8169, four of 100 .8234 and .8187, four of 150 .8231 and .8169. Later, on tenths
    of their training, the mean of four seeds: two .8220 and .7967, three .8217 and .7960, four of 160 .8218
    and .7963.
    """
    if ratings < _LARGE:
        return 3
    return 2 if ratings < _DEAR else 1


def side_features(data: TrainingData, options: Any) -> tuple[tuple[Features, ...], tuple[Features, ...]]:
    """What the training pairs and the item table say of users and of items beside the ratings' values.

    What was rated beside an item is a kind of its own; genres and years count in both kinds of an item's.
    """
    users, items, table = data.users, data.items, data.item_table
    of_users = set_columns(users, items, (data.user_count, data.item_count))
    of_items = [[set_columns(items, users, (data.item_count, data.user_count))]]
    if data.times is not None and options.beside:
        beside = beside_columns(users, items, data.times(), data.item_count)
        of_items += [] if beside is None else [[np.float32(options.beside) * beside]]
    if table is not None and options.traits:
        of_items = [
            [*columns, genre_columns(table.genres), year_columns(table.years)] for columns in of_items
        ]
    kinds = [strongest_features(columns, options.item_features, _CONTRAST) for columns in of_items]
    return (
        strongest_features([of_users], options.user_features, _CONTRAST),
        tuple(kind for kept in kinds for kind in kept),
    )


def _part(state: Mapping[str, Any], part: str) -> dict[str, Any]:
    prefix = f"{part}/"
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}
