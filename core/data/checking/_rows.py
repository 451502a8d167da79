"""Leaves rows of a raw table out, so that what stays still knows its lines."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from core.array_types import Mask
from core.contract import RawTable
from core.data.checking._clean import chunked


def keep_rows(raw: RawTable, kept: Mask) -> RawTable:
    """Keep the rows of a mask, shape (n,); lines, files and the held-out part stay right."""
    if kept.all():
        return raw
    rows = np.flatnonzero(kept)
    border = len(kept) - raw.held_out
    columns = {name: _take(getattr(raw, name), kept) for name in _COLUMNS}
    return dataclasses.replace(
        raw,
        **columns,
        line_of=lambda index: raw.line_of(int(rows[index]) if index < len(rows) else index),
        path_of=lambda index: raw.path_of(int(rows[index]) if index < len(rows) else index),
        held_out=int((rows >= border).sum()),
    )


_COLUMNS = ("users", "items", "ratings", "timestamps", "events")


def _take(column: Any, kept: Mask) -> Any:
    import pyarrow as pa

    return None if column is None else chunked(column).filter(pa.array(kept))
