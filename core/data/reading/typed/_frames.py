"""Takes tables in memory by the Arrow protocol: pandas, polars and pyarrow."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from core.contract import RawTable, ReadingOptions
from core.data.reading.typed._raw import raw_table
from core.data.reading.typed._source import FIRST, TypedSource
from core.errors import DataError

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls the numbers of rows that are left when others were taken out: no column of the table."""


def is_frame(source: Any) -> bool:
    """Say whether an object gives its rows by the Arrow protocol."""
    return hasattr(source, "__arrow_c_stream__")


def read_frame(frame: Any, options: ReadingOptions) -> RawTable:
    """Read a frame as a file with the same columns; numbers are taken without a copy.

    Raises DataError for columns that Arrow can't take or that aren't there.
    """
    import pyarrow as pa

    try:
        table = frame if isinstance(frame, pa.Table) else pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        message = f"the frame can't be read ({str(error).splitlines()[0]})."
        hint = (
            "Columns hold numbers, texts or times, each of one kind: frame[column].astype(str) makes texts."
        )
        raise DataError(message, hint=hint) from error
    names = tuple(str(name) for name in table.schema.names)
    table = table.rename_columns(list(names))
    kept = tuple(name for name in names if not _UNNAMED_INDEX.fullmatch(name))
    if kept != names:
        table, names = table.select(list(kept)), kept
    source = TypedSource(
        Path("frame"), names, table.slice(0, FIRST), lambda wanted: [table.select(list(wanted))]
    )
    return raw_table(source, options)
