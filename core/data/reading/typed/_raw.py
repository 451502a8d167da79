"""Turns a table with typed columns into a `RawTable`: which column is what, and their values."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from core.contract import RawTable, ReadingOptions, Repair
from core.data.reading import (
    NONE,
    Head,
    chosen,
    find_roles,
    is_wide,
    wide_user,
)
from core.data.reading.text import Note, NumberError, melted, parse_numbers, unread_note
from core.data.reading.typed._lists import spread
from core.data.reading.typed._source import TypedSource
from core.errors import DataError


def raw_table(source: TypedSource, options: ReadingOptions) -> RawTable:
    """Find the columns and read them; raises DataError for one of another kind than single values."""
    ignored = _ignored(source, options)
    source, options = spread(source, options)
    head = source.head
    if is_wide(head, options):
        return _matrix(source, head, options)
    roles = find_roles(head, options)
    found = chosen(source.names, roles)
    wanted = list(dict.fromkeys(source.names[place] for place in roles.positions()))
    ids = ("user_column", "item_column", "event_column")
    columns = source.columns(wanted, [found[role] for role in ids if role in found])
    ratings = columns.get(found["rating_column"])
    ratings, notes = _numbers(ratings, found["rating_column"], options, source)
    told = [Repair("numbers", len(ratings), note.text) for note in notes]
    return RawTable(
        users=columns[found["user_column"]],
        items=columns[found["item_column"]],
        ratings=ratings,
        timestamps=columns.get(found["time_column"]),
        events=columns.get(found.get("event_column", NONE)),
        found={**source.found, **found},
        repairs=(*source.notes, *ignored, *told, *unread_note(source.names, roles)),
        forms=tuple(note.form for note in notes),
        files=source.files,
        names=source.names,
        line_of=source.line_of,
    )


def _ignored(source: TypedSource, options: ReadingOptions) -> tuple[Repair, ...]:
    """Warn of options that say how a text is written, which this table isn't."""
    names = ("separator", "encoding", *(() if "header" in source.found else ("header", "skip_lines")))
    flags = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name)]
    if not flags:
        return ()
    message = f"{', '.join(flags)} say nothing here: the table is no text, its columns have names and types"
    return (Repair("options", len(flags), message, warning=True),)


def _matrix(source: TypedSource, head: Head, options: ReadingOptions) -> RawTable:
    """A matrix of users × items, one rating a row; raises DataError for a column that holds no numbers."""
    import pyarrow as pa

    columns, user = source.columns(source.names), wide_user(head, options)
    names = [name for place, name in enumerate(source.names) if place != user]
    cells = []
    for name in names:
        try:
            cells.append(columns[name].cast(pa.float32(), safe=False).to_numpy())
        except pa.ArrowException as error:
            message = f"it holds no numbers ({str(error).splitlines()[0][:100]})."
            raise DataError(message, path=str(source.location), column=name) from error
    ids = None if user is None else columns[source.names[user]].to_numpy()
    label = "rows" if user is None else source.names[user]
    raw, _ = melted(ids, np.stack(cells, axis=1), names, label, options)
    return dataclasses.replace(
        raw, found={**source.found, **raw.found}, files=source.files, names=source.names
    )


def _numbers(
    column: Any, name: str, options: ReadingOptions, source: TypedSource
) -> tuple[Any, tuple[Note, ...]]:
    """Ratings that are texts (of JSON, of a database's exact numbers) are read as those of a text table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column is None or not _is_text(column.type):
        return column, ()
    whole = column.cast(pa.string()).fill_null("").dictionary_encode().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.unify_dictionaries().combine_chunks()
    texts = whole.dictionary.to_pylist()
    try:
        values, notes = parse_numbers(texts, options, name)
    except NumberError as wrong:
        code = next(code for code, text in enumerate(texts) if wrong.text in (text, text.strip()))
        row = source.line_of(pc.index(whole.indices, code).as_py())
        message = f"the rating {wrong.reason}."
        raise DataError(
            message, path=str(source.location), row=row, column=name, value=texts[code], hint=wrong.hint
        ) from None
    numbers = pa.array(values, pa.float32()).take(whole.indices)
    return pa.chunked_array([numbers]), notes


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))
