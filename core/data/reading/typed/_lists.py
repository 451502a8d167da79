"""Spreads rows that hold lists (a user and all their items) into one row for each entry."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from core.contract import Location, ReadingOptions, Repair, row_number
from core.data.reading import (
    COUNT_NAMES,
    GENRE_NAMES,
    ITEM_NAMES,
    NONE,
    RATING_NAMES,
    TIME_NAMES,
    guess,
    listed,
    plain,
)
from core.data.reading.typed._source import TypedSource
from core.errors import DataError

_DEEPEST = 3
"""Objects within objects that become columns; what lies deeper stays as it is."""

_ROLES = ("item_column", "rating_column", "time_column", "event_column")


def spread(source: TypedSource, options: ReadingOptions) -> tuple[TypedSource, ReadingOptions]:
    """A table whose lists of items are rows of their own, and the options that name them.

    Objects become columns named as in review.item. A list is spread where it is asked for as a column, where
    it has an item's name, or where it is the table's only one; lists beside it (of ratings, of times) go
    along with it. Any other table stays as it is.
    """
    if not any(_nested(one.type) for one in source.first.schema):
        return source, options
    flat = _flattened(source.first)
    lists = _lists_of(flat, options)
    if lists:
        flat = _flattened(_spread(flat, lists, source.location))
    options = _named(options, flat.schema.names, lists)

    def blocks(names: Sequence[str]) -> Iterator[Any]:
        wanted = list(dict.fromkeys(_origin(name, source.names) for name in names))
        beside = [name for name in lists if _origin(name, source.names) in wanted]
        for block in source.blocks(wanted):
            table = _flattened(_table(block))
            yield _flattened(_spread(table, beside, source.location) if beside else table).select(list(names))

    names = tuple(flat.schema.names)
    notes = (*source.notes, *(_note(lists) if lists else ()))
    whole = dataclasses.replace(source, names=names, first=flat, blocks=blocks, notes=notes)
    return (dataclasses.replace(whole, line_of=row_number) if lists else whole), options


def _note(lists: Sequence[str]) -> tuple[Repair, ...]:
    message = f"{listed(tuple(lists))} hold lists: each entry is a row, an empty list is none"
    return (Repair("lists", len(lists), message),)


def _lists_of(flat: Any, options: ReadingOptions) -> list[str]:
    """The columns whose lists are to be spread."""
    lists = [one.name for one in flat.schema if _is_list(one.type)]
    asked = [getattr(options, role) for role in _ROLES]
    chosen = [name for name in lists if any(_within(name, column) for column in asked)]
    if chosen or not lists:
        return chosen
    if options.item_column or guess(flat.schema.names, ITEM_NAMES) not in (None, *lists):
        return []
    named = [name for name in lists if _role(name)]
    others = [name for name in lists if plain(name) not in GENRE_NAMES]
    return (
        named if any(_role(name) == "item_column" for name in named) else others if len(others) == 1 else []
    )


def _within(name: str, column: str) -> bool:
    return bool(column) and (column == name or column.startswith(f"{name}."))


def _role(name: str) -> str:
    """The role that the name of a list tells, in the singular or plural; empty for any other name."""
    word = plain(name)
    words = {word, word.removesuffix("s"), word.removesuffix("es")}
    usual = zip(_ROLES, (ITEM_NAMES, (*RATING_NAMES, *COUNT_NAMES), TIME_NAMES), strict=False)
    return next((role for role, known in usual if words & set(known)), "")


def _named(options: ReadingOptions, names: Sequence[str], lists: Sequence[str]) -> ReadingOptions:
    """Options that name the columns of entries that are single values, which need no usual name."""
    plain_lists = [name for name in lists if name in names]
    given: dict[str, Any] = {
        role: name for name in plain_lists if (role := _role(name)) and not getattr(options, role)
    }
    if len(plain_lists) == 1 == len(lists) and not options.item_column:
        given = {"item_column": plain_lists[0]}
    return dataclasses.replace(options, **given)


def _origin(name: str, names: Sequence[str]) -> str:
    """The column of the source that a column comes from."""
    if name in names:
        return name
    return max((one for one in names if name.startswith(f"{one}.")), key=len)


def _table(block: Any) -> Any:
    import pyarrow as pa

    return block if isinstance(block, pa.Table) else pa.Table.from_batches([block])


def _flattened(table: Any, depth: int = _DEEPEST) -> Any:
    import pyarrow as pa

    while depth and any(pa.types.is_struct(one.type) for one in table.schema):
        table, depth = table.flatten(), depth - 1
    return table


def _nested(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(kind))


def _is_list(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(
        kinds.is_list(kind)
        or kinds.is_large_list(kind)
        or kinds.is_fixed_size_list(kind)
        or kinds.is_map(kind)
    )


def _spread(table: Any, lists: Sequence[str], location: Location) -> Any:
    """One row for each entry of the lists, which are equally long in each row; the rest is repeated."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {name: _as_list(table.column(name)) for name in lists}
    first = columns[lists[0]]
    for name, column in columns.items():
        _check_lengths(first, column, (lists[0], name), location)
    rows = pc.list_parent_indices(first)
    spread = {
        name: pc.list_flatten(columns[name]) if name in columns else table.column(name).take(rows)
        for name in table.schema.names
    }
    return pa.table(spread)


def _as_list(column: Any) -> Any:
    """A column of lists in one chunk; a map becomes a list of objects of key and value."""
    import pyarrow as pa

    whole = column.combine_chunks()
    whole = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    if pa.types.is_map(whole.type):
        entries = pa.StructArray.from_arrays([whole.keys, whole.items], ["item", "rating"])
        return pa.ListArray.from_arrays(whole.offsets, entries)
    return whole


def _check_lengths(first: Any, other: Any, names: tuple[str, str], location: Location) -> None:
    import pyarrow.compute as pc

    lengths = [pc.fill_null(pc.list_value_length(column), 0).to_numpy() for column in (first, other)]
    wrong = (lengths[0] != lengths[1]).nonzero()[0]
    if wrong.size:
        row = int(wrong[0])
        message = f"its list has {lengths[1][row]} entries, that of {names[0]!r} has {lengths[0][row]}."
        hint = f"Correct the row, or leave the column out (--rating-column {NONE}, --time-column {NONE})."
        raise DataError(message, path=str(location), row=row + 1, column=names[1], hint=hint)
