"""Reads what people called items: tags that several share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.array_types import LongArray
from core.contract import ItemTable, Location, RawTable, ReadingOptions, Repair
from core.data import Vocabulary
from core.data.reading.columns import ITEM_NAMES, TAG_NAMES, USER_NAMES, find_column
from core.data.reading.text import Dialect, ParseError, read_columns, single_lines, sniff
from core.errors import DataError

LEAST_PEOPLE = 2
LEAST_ITEMS = 5
"""A tag that fewer people used is kept only if it is on this many items: then it sorts them nevertheless."""

Tags = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Numbered:
    """A column as rows (shape (n,)) into its distinct cleaned texts."""

    rows: LongArray
    texts: list[str]


def with_tags(table: RawTable, location: Location, form: ReadingOptions) -> RawTable:
    """Add the tags in a file, if it is there; `form` says how it is written."""
    if not location.is_file():
        return table
    tags, repairs = read_tags(location, form)
    files = (*table.files, location) if isinstance(location, Path) else table.files
    return dataclasses.replace(table, tags=tags, repairs=(*table.repairs, *repairs), files=files)


def tagged(table: ItemTable, tags: Tags, vocabulary: Vocabulary) -> ItemTable:
    """Align tags by item id with the vocabulary; a table none of whose items has a tag stays without."""
    aligned = tuple(tags.get(str(identifier), ()) for identifier in vocabulary.ids.tolist())
    return dataclasses.replace(table, tags=aligned) if any(aligned) else table


def read_tags(location: Location, form: ReadingOptions) -> tuple[Tags, tuple[Repair, ...]]:
    """Read a text table of person, item and tag; returns the shared tags of each item by its id.

    Tags are an extra, so nothing is raised: lines that can't be used, or the whole file, are left out and
    stated.
    """
    try:
        dialect = sniff(location, form)
        columns, damaged = _read(location, dialect)
    except DataError as error:
        message = f"{location.name} can't be read ({error.message.rstrip('.')}): no tags are known"
        return {}, (Repair("tags", 1, message),)
    tags, blank = shared_tags(*columns)
    repairs = []
    if dialect.guessed_encoding:
        repairs.append(Repair("encoding", 1, f"{location.name} is not UTF-8: read as {dialect.encoding}"))
    if damaged + blank:
        message = f"{damaged + blank} lines of {location.name} can't be used: left out"
        repairs.append(Repair("tags", damaged + blank, message))
    return tags, tuple(repairs)


def shared_tags(users: Any, items: Any, tags: Any) -> tuple[Tags, int]:
    """Keep the tags that at least 2 people used or at least 5 items carry.

    `users`, `items` and `tags` are columns of texts (lists or Arrow arrays) of one length: who called what
    how. Returns the distinct tags of each item by its id, in alphabetical order, and the count of rows in
    which one of the three is blank.
    """
    people, things = _numbered(users, str.strip), _numbered(items, str.strip)
    words = _numbered(tags, _normalized)
    filled = _filled(people) & _filled(things) & _filled(words)
    who, what, word = (column.rows[filled] for column in (people, things, words))
    tagged_things, their_words = _distinct_pairs(what, word, len(words.texts))
    _, words_of_people = _distinct_pairs(who, word, len(words.texts))
    by_people, by_things = (
        np.bincount(rows, minlength=len(words.texts)) for rows in (words_of_people, their_words)
    )
    shared = ((by_people >= LEAST_PEOPLE) | (by_things >= LEAST_ITEMS))[their_words]
    grouped: dict[str, list[str]] = {}
    for thing, name in zip(tagged_things[shared].tolist(), their_words[shared].tolist(), strict=True):
        grouped.setdefault(things.texts[thing], []).append(words.texts[name])
    return {thing: tuple(sorted(names)) for thing, names in grouped.items()}, int((~filled).sum())


def _read(location: Location, dialect: Dialect) -> tuple[list[Any], int]:
    """Three columns in one fast pass or, where that fails, line by line, and the count of damaged lines."""
    import pyarrow as pa

    positions = _positions(location, dialect)
    types = dict.fromkeys(positions, pa.dictionary(pa.int32(), pa.string()))
    try:
        found = read_columns(location, dialect, types).columns
    except ParseError:
        return _line_by_line(location, dialect, positions)
    columns = [found[position] for position in positions]
    if _has_line_breaks(columns[2]):  # a quote that was never closed has swallowed lines
        return _line_by_line(location, dialect, positions)
    return columns, 0


def _positions(location: Location, dialect: Dialect) -> tuple[int, int, int]:
    order = ("", "", "") if dialect.header == "yes" else ("1", "2", "3")
    user = find_column(dialect.names, order[0], USER_NAMES, "user", location)
    item = find_column(dialect.names, order[1], ITEM_NAMES, "item", location)
    return user, item, find_column(dialect.names, order[2], TAG_NAMES, "tag", location)


def _line_by_line(
    location: Location, dialect: Dialect, positions: tuple[int, int, int]
) -> tuple[list[Any], int]:
    columns: list[list[str]] = [[], [], []]
    damaged = 0
    for line in single_lines(location, dialect):
        if len(line.values) != dialect.width or any("\ufffd" in value for value in line.values):
            damaged += 1
            continue
        for column, position in zip(columns, positions, strict=True):
            column.append(line.values[position])
    return list(columns), damaged


def _has_line_breaks(column: Any) -> bool:
    import pyarrow.compute as pc

    return any(pc.any(pc.match_substring(chunk.dictionary, "\n")).as_py() for chunk in column.chunks)


def _normalized(tag: str) -> str:
    return " ".join(tag.casefold().split())


def _numbered(column: Any, clean: Callable[[str], str]) -> _Numbered:
    """Number the texts of a column; each distinct one is cleaned once, however many rows have it."""
    import pyarrow as pa

    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([pa.array(column, type=pa.string())])
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    texts = [clean(text) for text in encoded.dictionary.to_pylist()]
    place = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    lookup = np.array([place[text] for text in texts], dtype=np.int64)
    return _Numbered(lookup[encoded.indices.to_numpy(zero_copy_only=False)], list(place))


def _filled(column: _Numbered) -> Any:
    return np.array([bool(text) for text in column.texts], dtype=bool)[column.rows]


def _distinct_pairs(first: LongArray, second: LongArray, width: int) -> tuple[LongArray, LongArray]:
    """The distinct pairs of rows, by the first and then the second, which is below `width`."""
    pairs = np.unique(first * width + second)
    return pairs // max(width, 1), pairs % max(width, 1)
