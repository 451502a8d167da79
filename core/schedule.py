"""Learning-rate schedules: the learning rate of each epoch, known before training starts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import UsageError

SHAPES = ("constant", "linear", "cosine")
_HELP = "Use constant, linear, cosine or steps such as 1x0.001,6x0.01,15x0.001 (epochs x learning rate)."


@dataclass(frozen=True)
class Schedule:
    """A learning rate for each epoch: `learning_rates` has one number an epoch, epoch 1 first."""

    learning_rates: tuple[float, ...]

    @property
    def epochs(self) -> int:
        return len(self.learning_rates)

    def learning_rate(self, epoch: int) -> float:
        """Give the learning rate of an epoch, counted from 1."""
        return self.learning_rates[epoch - 1]


def parse_schedule(text: str, learning_rate: float, epochs: int) -> Schedule:
    """Read a schedule.

    `constant`, `linear` (falls towards 0, which it would reach after the last epoch) and `cosine` scale
    `learning_rate` over `epochs`; steps such as `1x0.001,6x0.01` bring both themselves, as the notebook did
    by hand. Raises UsageError.
    """
    if text in SHAPES:
        return Schedule(tuple(learning_rate * _factor(text, epoch, epochs) for epoch in range(epochs)))
    steps = [_parse_step(step, text) for step in text.split(",")]
    return Schedule(tuple(rate for count, rate in steps for _ in range(count)))


def _factor(shape: str, finished: int, epochs: int) -> float:
    if shape == "linear":
        return 1 - finished / epochs
    return (1 + math.cos(math.pi * finished / epochs)) / 2 if shape == "cosine" else 1.0


def _parse_step(step: str, text: str) -> tuple[int, float]:
    count, separator, rate = step.strip().partition("x")
    try:
        parsed = int(count), float(rate)
    except ValueError:
        raise UsageError(f"Not a learning-rate schedule: {text!r}.", hint=_HELP) from None
    if not separator or parsed[0] < 1 or not (0 < parsed[1] < math.inf):
        raise UsageError(f"Not a learning-rate schedule: {text!r}.", hint=_HELP)
    return parsed
