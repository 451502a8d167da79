"""What a run holds as pandas tables: predictions of many pairs, factors by id, the history of epochs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.array_types import LongArray, Mask
from core.data import Pairs, Vocabulary, read_pairs
from core.errors import UsageError
from core.model import Model, factor_table
from core.options import Identifier

if TYPE_CHECKING:
    import pandas

_SIDES = ("user", "item")


def history_frame(epochs: Sequence[Mapping[str, Any]]) -> pandas.DataFrame:
    """Epochs as a table by their number, without what is said of none of them."""
    import pandas

    frame = pandas.DataFrame([{key: value for key, value in one.items() if key != "event"} for one in epochs])
    return frame.set_index("epoch").dropna(axis="columns", how="all") if len(frame) else frame


def factor_frame(model: Model, side: str) -> pandas.DataFrame:
    """The factors of all users or items by id; raises UsageError."""
    import pandas

    if side not in _SIDES:
        raise UsageError(f"Factors are of 'user' or of 'item', not {side!r}.")
    factors, ids = factor_table(model, side), model.users if side == "user" else model.items
    columns = [f"factor {number}" for number in range(1, factors.shape[1] + 1)]
    return pandas.DataFrame(factors, index=pandas.Index(ids.ids, name=side), columns=columns)


def predicted_frame(model: Model, frame: Any, user: str, item: str) -> pandas.DataFrame:
    """Predict the pairs of a frame, row by row; raises UsageError and DataError."""
    import pandas

    pairs = read_pairs(frame, user, item)
    of_users, of_items = _known(pairs.user_vocabulary, model.users), _known_items(pairs, model)
    users, items = of_users[pairs.users], of_items[pairs.items]
    raw, known = model.predictor.raw(users, items), model.predictor.known(users, items)
    asked = (
        _named(pairs.user_vocabulary, model.users, of_users),
        _named(pairs.item_vocabulary, model.items, of_items),
    )
    return pandas.DataFrame(
        {
            "user": pairs.user_vocabulary.ids[pairs.users],
            "item": pairs.item_vocabulary.ids[pairs.items],
            "rating": np.full(len(pairs), np.nan, np.float32) if model.ranks else model.baseline.clip(raw),
            "raw": raw,
            "fallback": _fallbacks(model, pairs, asked, known),
        },
        index=frame.index if isinstance(frame, pandas.DataFrame) else None,
    )


def _known(ids: Vocabulary, known: Vocabulary) -> LongArray:
    """The model's row of each id, shape (n,), −1 where there is none."""
    rows = (known.row(one) for one in ids.ids.tolist())
    return np.fromiter((-1 if row is None else row for row in rows), np.int64, len(ids))


def _known_items(pairs: Pairs, model: Model) -> LongArray:
    """The same of items, which may be named by a title that only one has."""
    rows = _known(pairs.item_vocabulary, model.items)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        titles = _by_title(model)
        names = pairs.item_vocabulary.ids[unknown].tolist()
        rows[unknown] = [titles.get(str(name).casefold(), -1) for name in names]
    return rows


def _by_title(model: Model) -> dict[str, int]:
    titles = [title.casefold() for title in model.item_table.titles]
    counts = Counter(titles)
    return {title: row for row, title in enumerate(titles) if counts[title] == 1}


def _named(ids: Vocabulary, known: Vocabulary, rows: LongArray) -> list[Identifier]:
    """What to call each id of a frame: by the model's id where there is one."""
    own = zip(ids.ids.tolist(), rows.tolist(), strict=True)
    return [one if row < 0 else known.identifier(row) for one, row in own]


def _fallbacks(
    model: Model, pairs: Pairs, asked: tuple[list[Identifier], list[Identifier]], known: Mask
) -> list[str]:
    """What each pair received and why where it isn't the model's own prediction; "" where it is."""
    told: dict[tuple[int, int], str] = {}
    said = [""] * len(pairs)
    for place in np.flatnonzero(~known).tolist():
        pair = int(pairs.users[place]), int(pairs.items[place])
        if pair not in told:
            told[pair] = model.predict(asked[0][pair[0]], asked[1][pair[1]]).fallback
        said[place] = told[pair]
    return said
