"""Which columns of a wide table row belong together, as arithmetic that XLA turns into straight loops.

Cutting rows into parts and gluing them together again costs a CPU more than all else in a step: at every
number the compiled code asks which part it is in. Multiplying by constant rows of zeros and ones doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.trainer import FloatArray
from core.training.backend import tf


@dataclass(frozen=True)
class ColumnGroups:
    """Embeddings side by side in a row, repeated for each of `members`: widths (3, 1) and 2 members make
    columns 000 1 222 3, groups 0 to 3."""

    widths: tuple[int, ...]
    members: int

    @property
    def columns(self) -> int:
        """All columns of a row."""
        return sum(self.widths) * self.members

    @property
    def groups(self) -> int:
        """The number of groups: embeddings times members."""
        return len(self.widths) * self.members

    def row(self, numbers: list[float]) -> FloatArray:
        """Give each column the number of its embedding: shape (columns,)."""
        return np.tile(np.repeat(np.array(numbers, np.float32), self.widths), self.members)

    def split(self, rows: Any) -> list[Any]:
        """Cut rows, shape (batch, columns), into one tensor (batch, members × width) an embedding."""
        parts = tf.split(self._by_member(rows), list(self.widths), axis=2)
        return [tf.reshape(part, [part.shape[0], -1]) for part in parts]

    def join(self, parts: list[Any]) -> Any:
        """Undo `split`."""
        by_member = [
            tf.reshape(part, [part.shape[0], self.members, width])
            for part, width in zip(parts, self.widths, strict=True)
        ]
        return tf.reshape(tf.concat(by_member, axis=2), [parts[0].shape[0], self.columns])

    def means(self, rows: Any) -> Any:
        """Average over each group's columns: (batch, columns) → (batch, groups)."""
        flat = tf.reshape(rows, [-1, sum(self.widths)])
        starts = np.cumsum([0, *self.widths])
        means = [
            flat[:, start : start + 1] if width == 1 else tf.matmul(flat, mask[:, None] / width)
            for start, (mask, width) in zip(starts, self._masks(), strict=False)
        ]
        return tf.reshape(tf.concat(means, axis=1), [rows.shape[0], self.groups])

    def spread(self, numbers: Any) -> Any:
        """Give each column its group's number: (batch, groups) → (batch, columns)."""
        flat = tf.reshape(numbers, [-1, len(self.widths)])
        wide = sum(flat[:, at : at + 1] * mask for at, (mask, _) in enumerate(self._masks()))
        return tf.reshape(wide, [numbers.shape[0], self.columns])

    def _masks(self) -> list[tuple[FloatArray, int]]:
        eye = np.eye(len(self.widths), dtype=np.float32)
        return [(np.repeat(row, self.widths), width) for row, width in zip(eye, self.widths, strict=True)]

    def _by_member(self, rows: Any) -> Any:
        return tf.reshape(rows, [rows.shape[0], self.members, sum(self.widths)])
