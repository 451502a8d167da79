"""A run's table with the news in it: ids keep their rows, pairs take their new values, some are gone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray, Mask
from core.contract import ItemTable
from core.data import Ratings, RatingScale, Vocabulary
from core.errors import UsageError
from core.model import RatedTable
from core.model.news import Change, KnownPairs


@dataclass(frozen=True, kw_only=True)
class Merged:
    """`table` holds what training has (its first `trained` rows), then all that is held out; the last
    `held_back` rows are of the news. `before` are training's rows as they were, in rows of the table's ids.

    `added`, `changed` and `withdrawn` count pairs, `unchanged` those of the news that were there already, and
    `unknown` those taken back that never were. `fingerprint` is the same for the same change of the same
    table.
    """

    table: Ratings
    trained: int
    held_back: int
    before: KnownPairs
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    unknown: int
    fingerprint: str
    notes: tuple[str, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether anything changes."""
        return bool(self.added or self.changed or self.withdrawn)

    @property
    def now(self) -> KnownPairs:
        """What training has."""
        part = slice(0, self.trained)
        users, items = (side[part].astype(np.int64) for side in (self.table.users, self.table.items))
        times = self.table.timestamps
        return KnownPairs(users, items, self.table.ratings[part], None if times is None else times[part])

    def change(self, before: KnownPairs, now: KnownPairs) -> Change:
        """A change in rows of the table's ids."""
        return Change(before, now, (self.table.user_count, self.table.item_count))


@dataclass(frozen=True)
class _Rows:
    """Columns of one length n: rows of users and items, values, and times or None."""

    users: LongArray
    items: LongArray
    values: FloatArray
    times: LongArray | None

    @classmethod
    def of(cls, table: Ratings, users: LongArray, items: LongArray) -> _Rows:
        """A table's rows in rows of other ids, given where each of its own stands there."""
        return cls(users[table.users], items[table.items], table.ratings, table.timestamps)

    def take(self, rows: Any) -> _Rows:
        """Some of them."""
        times = None if self.times is None else self.times[rows]
        return _Rows(self.users[rows], self.items[rows], self.values[rows], times)


_NEWCOMERS = (
    "the run was split by newcomers: from now on they are judged on all their rows, without what they gave, "
    "so figures before and after can't be compared",
)


def merge(
    rated: RatedTable,
    ids: tuple[Vocabulary, Vocabulary, ItemTable],
    news: Ratings | None,
    withdrawn: Ratings | None,
    hold_out: float,
    seed: int,
) -> Merged:
    """Put news into a run's table; `ids` are the run's own users, items and what it knows of items.

    `hold_out` is the share of the new pairs that training doesn't get; who and what is new keeps one row at
    least. Raises UsageError for a pair that is both news and taken back, and where nothing would be left.
    """
    parts = [part for part in (news, withdrawn) if part is not None]
    users, of_users = _longer(ids[0], [part.user_vocabulary for part in parts if part is news])
    items, of_items = _longer(ids[1], [part.item_vocabulary for part in parts if part is news])
    old = _Rows.of(rated.ratings, np.arange(rated.ratings.user_count), np.arange(rated.ratings.item_count))
    old_keys, trained = old.users * len(items) + old.items, rated.in_training
    gone, unknown = _gone(withdrawn, users, items, old_keys)
    nowhere = np.zeros(0, np.int64)
    fresh = old.take(slice(0, 0)) if news is None else _Rows.of(news, of_users[0], of_items[0])
    _refuse_both(fresh.users * len(items) + fresh.items, old_keys[gone], news)
    values, matched, changed = _with_values(old, old_keys, fresh, len(items))
    times, times_note = _times(old, fresh, values[1])
    added = np.flatnonzero(~matched)
    held = _held_back(rated, fresh.take(added), ~gone & trained, hold_out, seed)
    kept_train, kept_held = np.flatnonzero(trained & ~gone), np.flatnonzero(~trained & ~gone)
    order = (kept_train, added[~held], kept_held, added[held])
    columns = [
        np.concatenate([own[order[0]], new[order[1]], own[order[2]], new[order[3]]])
        for own, new in ((old.users, fresh.users), (old.items, fresh.items), (values[0], fresh.values))
    ]
    if not len(order[0]) + len(order[1]):
        raise UsageError("Nothing would be left to learn from.", hint="Take fewer ratings back.")
    table = replace(
        rated.ratings,
        users=columns[0].astype(np.int32),
        items=columns[1].astype(np.int32),
        ratings=columns[2].astype(np.float32),
        timestamps=_joined_times(times, order),
        user_vocabulary=users,
        item_vocabulary=items,
        item_table=_item_table(ids[2], news, of_items[0] if of_items else nowhere, len(items)),
        scale=_scale(rated.ratings, columns[2]),
        repairs=(),
        warnings=(),
        held_out=len(order[2]) + len(order[3]),
    )
    return Merged(
        table=table,
        trained=len(order[0]) + len(order[1]),
        held_back=len(order[3]),
        before=KnownPairs(old.users[trained], old.items[trained], old.values[trained]),
        added=len(added),
        changed=changed,
        withdrawn=int(gone.sum()),
        unchanged=int(matched.sum()) - changed,
        unknown=unknown,
        fingerprint=_fingerprint(table, len(order[0]) + len(order[1])),
        notes=(*times_note, *(_NEWCOMERS if rated.given.any() else ())),
    )


def _longer(own: Vocabulary, others: list[Vocabulary]) -> tuple[Vocabulary, list[LongArray]]:
    """The ids with new ones of others after them, and where each of the others' stands there."""
    rows, ids = [], own
    for other in others:
        places: list[int] = []
        new: list[int | str] = []
        for one in other.ids.tolist():
            row = ids.row(one)
            if row is None:
                row = len(ids) + len(new)
                new.append(one)
            places.append(row)
        rows.append(np.array(places, np.int64))
        ids = _with_ids(ids, new)
    return ids, rows


def _with_ids(ids: Vocabulary, new: list[Any]) -> Vocabulary:
    if not new:
        return ids
    if ids.ids.dtype.kind == "i" and all(isinstance(one, int) for one in new):
        return Vocabulary(np.concatenate([ids.ids, np.array(new, np.int64)]))
    return Vocabulary(np.array([*map(str, ids.ids.tolist()), *map(str, new)], np.str_))


def _gone(
    withdrawn: Ratings | None, users: Vocabulary, items: Vocabulary, keys: LongArray
) -> tuple[Mask, int]:
    """Which of the old rows are taken back, and how many of those to take back never were."""
    if withdrawn is None:
        return np.zeros(len(keys), bool), 0
    places = [
        np.array([-1 if row is None else row for row in map(ids.row, own.ids.tolist())], np.int64)
        for ids, own in ((users, withdrawn.user_vocabulary), (items, withdrawn.item_vocabulary))
    ]
    of_users, of_items = places[0][withdrawn.users], places[1][withdrawn.items]
    wanted = np.where((of_users < 0) | (of_items < 0), -1, of_users * len(items) + of_items)
    there = np.isin(wanted, keys)
    return np.isin(keys, wanted), int((~there).sum())


def _refuse_both(fresh: LongArray, gone: LongArray, news: Ratings | None) -> None:
    both = np.flatnonzero(np.isin(fresh, gone))
    if not len(both) or news is None:
        return
    user = news.user_vocabulary.identifier(int(news.users[both[0]]))
    item = news.item_vocabulary.identifier(int(news.items[both[0]]))
    message = f"User {user!r} rates item {item!r} in the news and takes the rating back as well."
    raise UsageError(message, hint="Leave one of the two out.")


def _with_values(
    old: _Rows, keys: LongArray, fresh: _Rows, item_count: int
) -> tuple[tuple[FloatArray, LongArray], Mask, int]:
    """Old values with the news' in their place and where in the news each came from (−1: nowhere); which of
    the news are of old pairs; how many of those pairs are worth something else now."""
    wanted = fresh.users * item_count + fresh.items
    order = np.argsort(wanted)
    values, sources = old.values.copy(), np.full(len(keys), -1, np.int64)
    if not len(wanted):
        return (values, sources), np.zeros(0, bool), 0
    found = np.minimum(np.searchsorted(wanted[order], keys), len(wanted) - 1)
    same = wanted[order][found] == keys
    sources[same] = order[found[same]]
    values[same] = fresh.values[sources[same]]
    moved = np.unique(keys[values != old.values])
    return (values, sources), np.isin(wanted, keys), len(moved)


def _times(old: _Rows, fresh: _Rows, sources: LongArray) -> tuple[tuple[Any, Any], tuple[str, ...]]:
    """Times of old and new rows; what has none among others that have is of the table's latest moment."""
    if old.times is None:
        told = "the times of the news are left out, since the table has none"
        return (None, None), (told,) if fresh.times is not None else ()
    times = old.times.copy()
    notes: tuple[str, ...] = ()
    new = fresh.times
    if new is None:
        new = np.full(len(fresh.values), old.times.max(initial=0), np.int64)
        notes = ("the news has no times: it counts as of the table's latest moment",) if len(new) else ()
    again = sources >= 0
    times[again] = new[sources[again]]
    return (times, new), notes


def _joined_times(times: tuple[Any, Any], order: tuple[LongArray, ...]) -> LongArray | None:
    own, new = times
    if own is None:
        return None
    return np.concatenate([own[order[0]], new[order[1]], own[order[2]], new[order[3]]])


def _held_back(rated: RatedTable, fresh: _Rows, training: Mask, share: float, seed: int) -> Mask:
    """Which new pairs training doesn't get, shape (n,): none of a user or item that it would not know."""
    held: Mask = np.random.default_rng([seed, 0x0D, len(fresh.values)]).random(len(fresh.values)) < share
    table = rated.ratings
    for own, old in ((fresh.users, table.users), (fresh.items, table.items)):
        known = np.union1d(old[training], own[~held])
        strange = np.flatnonzero(held & ~np.isin(own, known))
        _, first = np.unique(own[strange], return_index=True)
        held[strange[first]] = False
    return held


def _scale(table: Ratings, values: FloatArray) -> RatingScale:
    """The table's; weights of interactions may grow."""
    if table.has_ratings:
        return table.scale
    low, high = min(table.scale.minimum, float(values.min())), max(table.scale.maximum, float(values.max()))
    return replace(table.scale, minimum=low, maximum=high)


def _item_table(own: ItemTable, news: Ratings | None, places: LongArray, count: int) -> ItemTable:
    """What is known of the items, and of new ones what the news says."""
    old = len(own.titles)
    if news is None or count == old:
        return own
    told, rows = news.item_table, np.empty(count - old, np.int64)
    new = places >= old
    rows[places[new] - old] = np.flatnonzero(new)
    chosen = rows.tolist()
    tags: tuple[tuple[str, ...], ...] = ()
    if own.tags or told.tags:
        tags = (
            *(own.tags or ((),) * old),
            *(told.tags[row] if told.tags else () for row in chosen),
        )
    return ItemTable(
        titles=(*own.titles, *(told.titles[row] for row in chosen)),
        genres=(*own.genres, *(told.genres[row] for row in chosen)),
        years=np.concatenate([own.years, told.years[rows]]).astype(np.int32),
        tags=tags,
    )


def _fingerprint(table: Ratings, trained: int) -> str:
    """Names the table and what of it training has."""
    return hashlib.sha256(f"{table.fingerprint} {trained}".encode()).hexdigest()[:16]
