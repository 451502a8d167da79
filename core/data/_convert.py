"""Writes a ratings table as CSV or Parquet with external ids, whatever form it came in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.data.ratings import Ratings
from core.errors import DataError, UsageError
from core.files import expanded, replace_file
from core.readable import disarmed

FORMATS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}


def convert(
    ratings: Ratings, target: str | Path, overwrite: bool = False, spreadsheet: bool = False
) -> dict[str, object]:
    """Write the ratings to a .csv, .tsv or .parquet file, and the titles to "NAME.items.…" beside it.

    With `spreadsheet`, no text can be taken for a formula. The files get no wider rights than the source has.
    Returns the paths and the number of rows, ready for JSON. Raises UsageError for another ending or a
    file that is there already, DataError where it can't be written.
    """
    path = expanded(target)
    if path.suffix not in FORMATS:
        raise UsageError(f"{path.name} should end in .csv, .tsv or .parquet.")
    items_path = path.with_name(f"{path.stem}.items{'.csv' if path.suffix == '.parquet' else path.suffix}")
    for file in (path, items_path):
        if file.exists() and not overwrite:
            raise UsageError(f"{file} is there already.", hint="Choose another name, or overwrite it.")
    source = Path(ratings.source)
    for table, file in ((_ratings_table(ratings), path), (_items_table(ratings), items_path)):
        _write(_disarmed(table) if spreadsheet else table, file, source)
    return {"ratings": str(path), "items": str(items_path), "rows": len(ratings)}


def _ratings_table(ratings: Ratings) -> Any:
    import pyarrow as pa

    columns: dict[str, Any] = {
        "userId": ratings.user_vocabulary.ids[ratings.users],
        "movieId": ratings.item_vocabulary.ids[ratings.items],
    }
    if ratings.has_ratings:
        columns["rating"] = ratings.ratings
    elif (ratings.ratings != 1).any():
        columns["weight"] = ratings.ratings  # read back as it is: see the rule of weights
    if ratings.timestamps is not None:
        columns["timestamp"] = ratings.timestamps
    return pa.table({name: pa.array(_plain(values)) for name, values in columns.items()})


def _plain(values: Any) -> Any:
    return values.tolist() if values.dtype.kind == "U" else values


def _items_table(ratings: Ratings) -> Any:
    import pyarrow as pa

    table = ratings.item_table
    return pa.table(
        {
            "movieId": pa.array(_plain(ratings.item_vocabulary.ids)),
            "title": pa.array(table.titles, type=pa.string()),
            "genres": pa.array(["|".join(names) for names in table.genres], type=pa.string()),
            "year": pa.array(table.years),
        }
    )


def _disarmed(table: Any) -> Any:
    import pyarrow as pa

    columns = {name: table[name] for name in table.column_names}
    texts = {name: column for name, column in columns.items() if pa.types.is_string(column.type)}
    safe = {name: pa.array(map(disarmed, column.to_pylist()), pa.string()) for name, column in texts.items()}
    return pa.table({**columns, **safe})


def _write(table: Any, path: Path, source: Path) -> None:
    """Write under a temporary name and rename, so that the real one is never half-written."""
    from pyarrow import csv, parquet

    def write(temporary: Path) -> None:
        if path.suffix == ".parquet":
            parquet.write_table(table, temporary)
        else:
            separator = "\t" if path.suffix == ".tsv" else ","
            csv.write_csv(table, temporary, csv.WriteOptions(delimiter=separator, quoting_style="needed"))

    try:
        replace_file(path, write, source)
    except OSError as error:
        raise DataError(f"can't be written ({error.strerror or error}).", path=str(path)) from error
