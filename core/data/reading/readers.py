"""The built-in readers, one a module, the more particular forms first."""

from __future__ import annotations

from core.contract import Reader


def builtin_readers() -> tuple[Reader, ...]:
    """List the built-in readers in the order in which they are asked."""
    from core.data.reading import text, typed

    return (
        text.MovieLensFolder(),
        text.MovieLens100K(),
        text.MovieLensDat(),
        typed.ParquetTable(),
        typed.ArrowFile(),
        typed.SqliteFile(),
        typed.DuckDbFile(),
        typed.Workbook(),
        typed.JsonTable(),
        text.Netflix(),
        text.MatrixMarket(),
        text.TextTable(),
    )
