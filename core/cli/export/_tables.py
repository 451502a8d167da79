"""Tables of users and items, and the files of TensorFlow's embedding projector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_atomically, write_through
from core.model import Model, bias_column, by_popularity, factor_table

USERS, ITEMS = "users.parquet", "items.parquet"
PROJECTOR_CONFIG = """\
embeddings {
  tensor_name: "item factors"
  tensor_path: "item_factors.tsv"
  metadata_path: "item_metadata.tsv"
}
"""


def export_tables(model: Model, folder: Path) -> tuple[Path, ...]:
    """Write users and items with training counts and every embedding table's numbers, a column each."""
    table = model.item_table
    users: dict[str, Any] = {"user": model.users.ids.tolist(), "ratings": model.baseline.user_counts}
    items: dict[str, Any] = {
        "item": model.items.ids.tolist(),
        "title": list(table.titles),
        "year": table.years,
        "genres": [list(names) for names in table.genres],
        "ratings": model.baseline.item_counts,
    }
    _write(folder / USERS, {**users, **_numbers(model, "user")})
    _write(folder / ITEMS, {**items, **_numbers(model, "item")})
    return folder / USERS, folder / ITEMS


def export_projector(model: Model, folder: Path) -> tuple[Path, ...]:
    """Write the trained items' factors, most rated first, as TensorBoard's projector reads them.

    The projector wants text files and its configuration beside them, and needs no TensorFlow to be written.
    Raises UsageError for an architecture without item factors.
    """
    rows = by_popularity(model.baseline.item_counts)
    factors = factor_table(model, "item")[rows]
    vectors = "".join("\t".join(f"{value:.6g}" for value in row) + "\n" for row in factors.tolist())
    files = {
        "item_factors.tsv": vectors,
        "item_metadata.tsv": _metadata(model, rows.tolist()),
        "projector_config.pbtxt": PROJECTOR_CONFIG,
    }
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    return tuple(folder / name for name in files)


def _metadata(model: Model, rows: list[int]) -> str:
    """A header and a line an item; tabs and line breaks in titles would shift columns."""
    table, bias = model.item_table, bias_column(model, "item")
    lines = ["title\tyear\tgenres\tratings\tbias\n"]
    for row in rows:
        title, genres = " ".join(table.titles[row].split()), " ".join("|".join(table.genres[row]).split())
        shown = "" if bias is None else f"{bias[row]:.4f}"
        lines.append(f"{title}\t{table.years[row]}\t{genres}\t{model.baseline.item_counts[row]}\t{shown}\n")
    return "".join(lines)


def _numbers(model: Model, side: str) -> dict[str, Any]:
    """One column a number: `bias`, `factors_1`, `factors_2`, …"""
    columns: dict[str, Any] = {}
    for name, table in model.scorer.tables.items():
        owner, _, role = name.partition("_")
        if owner == side:
            many = table.shape[1] > 1
            columns.update({f"{role}_{n + 1}" if many else role: table[:, n] for n in range(table.shape[1])})
    return columns


def _write(path: Path, columns: dict[str, Any]) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    table = pyarrow.table(
        {
            name: np.ascontiguousarray(values) if isinstance(values, np.ndarray) else values
            for name, values in columns.items()
        }
    )
    write_through(path, lambda temporary: parquet.write_table(table, temporary))
