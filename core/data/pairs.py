"""Pairs of users and items in a frame, to be predicted: row by row, each as often as it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.array_types import RowArray
from core.contract import ReadingOptions
from core.data.checking import BadIdentifierError, encode
from core.data.ratings import Vocabulary
from core.data.reading import NONE
from core.data.reading.typed import is_frame, read_frame
from core.errors import DataError, UsageError


@dataclass(frozen=True)
class Pairs:
    """Rows (int32, shape (n,)) of users and items into vocabularies of the frame's own ids."""

    users: RowArray
    items: RowArray
    user_vocabulary: Vocabulary
    item_vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.users)


def read_pairs(frame: Any, user: str = "", item: str = "") -> Pairs:
    """Read the pairs of a frame (pandas, polars, pyarrow) whose columns are named or have usual names.

    Nothing is left out or merged. Raises UsageError for what is no frame, DataError for a missing column or
    id.
    """
    if not is_frame(frame):
        hint = "Give a frame with a column of users and one of items, or a user and an item."
        raise UsageError(f"Pairs are a frame, not {type(frame).__name__}.", hint=hint)
    options = ReadingOptions(
        user_column=user, item_column=item, rating_column=NONE, time_column=NONE, layout="long"
    )
    table = read_frame(frame, options)
    users, items = (
        _encoded(column, side, str(table.found[f"{side}_column"]))
        for side, column in (("user", table.users), ("item", table.items))
    )
    return Pairs(users.rows, items.rows, users.vocabulary, items.vocabulary)


def _encoded(column: Any, side: str, name: str) -> Any:
    try:
        return encode(column, side)
    except BadIdentifierError as wrong:
        raise DataError(f"{wrong.reason}.", path="frame", row=wrong.index + 1, column=name) from None
