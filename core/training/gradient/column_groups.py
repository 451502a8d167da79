"""Which columns of a wide table row belong together, as arithmetic that XLA turns into straight loops.

Cutting rows into parts and gluing them together again costs a CPU more than all else in a step: at every
number the compiled code asks which part it is in. Multiplying by constant rows of zeros and ones doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.contract.trainer import FloatArray
from core.startup.backend import tf


@dataclass(frozen=True)
class ColumnGroups:
    """Embeddings side by side in a row; `widths` are their dimensions: (50, 1) for factors and a bias."""

    widths: tuple[int, ...]

    @property
    def columns(self) -> int:
        """All columns of a row."""
        return sum(self.widths)

    def row(self, numbers: list[float]) -> FloatArray:
        """Give each column the number of its embedding: shape (columns,)."""
        return np.repeat(np.array(numbers, np.float32), self.widths)

    def split(self, rows: Any) -> list[Any]:
        """Cut rows, shape (batch, columns), into one tensor (batch, width) an embedding."""
        return list(tf.split(rows, list(self.widths), axis=1))

    def means(self, rows: Any) -> Any:
        """Average over each embedding's columns: (batch, columns) → (batch, embeddings)."""
        starts = np.cumsum([0, *self.widths])
        means = [
            rows[:, start : start + 1] if width == 1 else tf.matmul(rows, mask[:, None] / width)
            for start, (mask, width) in zip(starts, self._masks(), strict=False)
        ]
        return tf.concat(means, axis=1)

    def spread(self, numbers: Any) -> Any:
        """Give each column its embedding's number: (batch, embeddings) → (batch, columns)."""
        return sum(numbers[:, at : at + 1] * mask for at, (mask, _) in enumerate(self._masks()))

    def _masks(self) -> list[tuple[FloatArray, int]]:
        eye = np.eye(len(self.widths), dtype=np.float32)
        return [(np.repeat(row, self.widths), width) for row, width in zip(eye, self.widths, strict=True)]
