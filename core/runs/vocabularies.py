"""A run's ids, titles and training means as Parquet: `users.parquet` and `items.parquet`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.contract import ItemTable
from core.data import Ratings, RatingScale, Vocabulary
from core.errors import RunError
from core.files import write_through
from core.model import Baseline

if TYPE_CHECKING:
    import pyarrow

USERS_FILE, ITEMS_FILE = "users.parquet", "items.parquet"


def write_vocabularies(folder: Path, ratings: Ratings, baseline: Baseline) -> None:
    """Write ids, titles, genres, years, training means and, where there are any, tags into a run folder."""
    import pyarrow

    users = pyarrow.table({"user": ratings.user_vocabulary.to_arrow()})
    items = ratings.item_table.to_arrow().add_column(0, "item", [ratings.item_vocabulary.to_arrow()])
    _write(folder / USERS_FILE, users, baseline.user_counts, baseline.user_offsets)
    _write(folder / ITEMS_FILE, items, baseline.item_counts, baseline.item_offsets)


def read_vocabularies(
    folder: Path, mean: float, scale: RatingScale
) -> tuple[Vocabulary, Vocabulary, ItemTable, Baseline]:
    """Read users, items, the item table and the training means back; raises RunError."""
    users, items = _read(folder / USERS_FILE), _read(folder / ITEMS_FILE)
    try:
        baseline = Baseline(
            mean,
            scale,
            users["ratings"].to_numpy(),
            items["ratings"].to_numpy(),
            users["offset"].to_numpy(),
            items["offset"].to_numpy(),
        )
        vocabularies = Vocabulary.from_arrow(users["user"]), Vocabulary.from_arrow(items["item"])
        return *vocabularies, ItemTable.from_arrow(items), baseline
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"The tables in {folder} are damaged: {error}.", hint="Restore the run folder."
        ) from None


def _write(path: Path, table: pyarrow.Table, counts: Any, offsets: Any) -> None:
    import pyarrow.parquet as parquet

    means = table.append_column("ratings", [counts]).append_column("offset", [offsets])
    write_through(path, lambda temporary: parquet.write_table(means, temporary, compression="zstd"))


def _read(path: Path) -> pyarrow.Table:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        return parquet.read_table(path)
    except FileNotFoundError:
        raise RunError(f"{path} is missing.", hint="Restore the run folder from a copy.") from None
    except (pyarrow.ArrowException, OSError) as error:
        raise RunError(
            f"{path} is damaged: {error}.", hint="Restore it from a copy or train again."
        ) from None
