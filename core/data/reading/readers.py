"""The built-in readers, one a module, the more particular forms first."""

from __future__ import annotations

from core.contract import Reader


def builtin_readers() -> tuple[Reader, ...]:
    """List the built-in readers in the order in which they are asked."""
    from core.data.reading._movielens import MovieLens100K, MovieLensDat, MovieLensFolder
    from core.data.reading._parquet import ParquetTable
    from core.data.reading._text import TextTable

    return (MovieLensFolder(), MovieLens100K(), MovieLensDat(), ParquetTable(), TextTable())
