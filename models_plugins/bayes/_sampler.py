"""The Gibbs chain: rows of both sides by a sweep, then priors and noise by conjugate draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core import Arrays, FloatArray
from models_plugins.bayes._state import START_SPREAD, Features, Prior, draw_noise


class Sweeps(Protocol):
    """Draws user rows given item rows, then item rows given the new user rows."""

    def __call__(
        self,
        item: FloatArray,
        priors: tuple[Prior, Prior],
        noise: FloatArray,
        normals: tuple[FloatArray, FloatArray],
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Draw both sides' rows and tell every user's sum of squared errors under them, shape (users,).

        `item` has shape (items, width), `normals` (rows, width) a side, `noise` (precisions) (users,).
        """


class Sampler:
    """One chain and its state."""

    def __init__(
        self,
        sweep: Sweeps,
        features: tuple[Sequence[Features], Sequence[Features]],
        rating_counts: npt.NDArray[np.int64],
        noise_freedom: float,
        seed: tuple[int, int],
        item_shape: tuple[int, int],
    ) -> None:
        """`rating_counts` are those of users, shape (users,); `item_shape` is (items, factors + 1).

        `seed` is that of the training and the number of the chain.
        """
        self._sweep, self._features, self._seed = sweep, features, seed
        self._rating_counts, self._freedom = rating_counts, noise_freedom
        self._shapes = ((len(rating_counts), item_shape[1]), item_shape)
        generator = np.random.default_rng([*seed, 0])
        self.rows: tuple[FloatArray, FloatArray] = (
            _normals(generator, self._shapes[0]) * np.float32(START_SPREAD),
            _normals(generator, self._shapes[1]) * np.float32(START_SPREAD),
        )
        self.priors = (
            Prior.start(*self._shapes[0], features[0]),
            Prior.start(*self._shapes[1], features[1]),
        )
        self._noise = np.ones(len(rating_counts) + 1, np.float32)  # users' precisions, then the common level

    @property
    def noise(self) -> FloatArray:
        """Every user's noise precision, shape (users,)."""
        return self._noise[:-1]

    def compile(self) -> None:
        """Run a sweep whose draws are thrown away."""
        normals = (np.zeros(self._shapes[0], np.float32), np.zeros(self._shapes[1], np.float32))
        self._sweep(self.rows[1], self.priors, self.noise, normals)

    def step(self, number: int) -> float:
        """Run sweep `number` (from 0); returns the sum of squared errors of its sample."""
        generator = np.random.default_rng([*self._seed, number + 1])
        normals = (_normals(generator, self._shapes[0]), _normals(generator, self._shapes[1]))
        user, item, errors = self._sweep(self.rows[1], self.priors, self.noise, normals)
        self.rows = (user, item)
        self._noise = draw_noise(self._noise, self._rating_counts, errors, self._freedom, generator)
        self.priors = (
            self.priors[0].draw(user, self._features[0], generator),
            self.priors[1].draw(item, self._features[1], generator),
        )
        return float(errors.sum(dtype=np.float64))

    def state(self) -> Arrays:
        """Copy the last sample, priors and noise, by name."""
        named: Arrays = {"noise": self._noise.copy()}
        for side, rows, prior in zip(("user", "item"), self.rows, self.priors, strict=True):
            named[f"{side}/rows"] = rows.copy()
            named |= {f"{side}/{field.name}": getattr(prior, field.name).copy() for field in fields(Prior)}
        return named

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take arrays of the same names back."""
        self._noise = np.array(state["noise"])
        self.rows = (np.array(state["user/rows"]), np.array(state["item/rows"]))
        self.priors = (_prior(state, "user"), _prior(state, "item"))


def _prior(state: Mapping[str, Any], side: str) -> Prior:
    return Prior(**{field.name: np.array(state[f"{side}/{field.name}"]) for field in fields(Prior)})


def _normals(generator: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    return generator.standard_normal(shape, np.float32)
