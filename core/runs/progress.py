"""What a training remembers between epochs: enough, with the trainer's state, to go on exactly."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.errors import RunError


@dataclass(frozen=True)
class Progress:
    """Epochs done, the hand-set scale of the learning rate, the best epoch and the totals so far.

    `best_rmse` is the tuning RMSE of `best_epoch` (None without a tuning part, where the last epoch counts as
    the best); `seconds` and `ratings` count training alone.
    """

    epoch: int = 0
    rate_scale: float = 1.0
    best_epoch: int = 0
    best_rmse: float | None = None
    seconds: float = 0.0
    ratings: int = 0

    def to_dict(self) -> dict[str, Any]:
        """This progress, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Progress:
        """Read it back; raises RunError for anything that isn't one."""
        try:
            return cls(**values)
        except TypeError as error:
            raise RunError(f"The checkpoint's progress can't be read: {error}.") from None
