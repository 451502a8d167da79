"""The built-in readers, one a module, the more particular forms first."""

from __future__ import annotations

from core.datasets.contract import Reader


def builtin_readers() -> tuple[Reader, ...]:
    """List the built-in readers in the order in which they are asked."""
    from core.datasets.readers.movielens_100k import MovieLens100K
    from core.datasets.readers.movielens_csv import MovieLensFolder
    from core.datasets.readers.movielens_dat import MovieLensDat
    from core.datasets.readers.parquet import ParquetTable
    from core.datasets.readers.text import TextTable

    return (MovieLensFolder(), MovieLens100K(), MovieLensDat(), ParquetTable(), TextTable())
