"""Takes tables in memory by the Arrow protocol: pandas, polars and pyarrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contract import RawTable, ReadingOptions
from core.data.reading.typed._source import FIRST, TypedSource, raw_table
from core.errors import DataError


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
    except (pa.ArrowException, TypeError, ValueError) as error:
        message = f"the frame can't be read ({str(error).splitlines()[0]})."
        raise DataError(message, hint="Columns hold numbers, texts or times.") from error
    names = tuple(str(name) for name in table.schema.names)
    table = table.rename_columns(list(names))
    source = TypedSource(
        Path("frame"), names, table.slice(0, FIRST), lambda wanted: [table.select(list(wanted))]
    )
    return raw_table(source, options)
