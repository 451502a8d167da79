"""A table with typed columns, and how its columns become a `RawTable`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.contract import Location, RawTable, ReadingOptions, Repair
from core.data.reading import COUNT_NAMES, NONE, Head, chosen, find_roles, is_wide, plain, wide_user
from core.data.reading.text import NumberError, melted, parse_numbers, unread_note
from core.data.reading.typed._gathering import gather
from core.errors import DataError

FIRST = 50
"""Rows by which a column's content is judged."""


@dataclass(frozen=True)
class TypedSource:
    """A table that is opened: where it is, its columns' names, its first rows (an Arrow table) and a function
    that reads the named columns as Arrow tables or batches, one below the other. `found` says what was
    chosen, `files` what is read; without a `header` the names are positions."""

    location: Location
    names: tuple[str, ...]
    first: Any
    blocks: Callable[[Sequence[str]], Iterable[Any]]
    found: dict[str, object] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    header: bool = True

    def cells(self, position: int) -> list[str]:
        """The first cells of a column as texts, without the missing ones."""
        return [text_of(cell) for cell in self.first.column(position).to_pylist() if cell is not None]

    @property
    def head(self) -> Head:
        """What is known of the table before it is read."""
        return Head(self.location, self.names, self.header, self.cells)

    def first_texts(self) -> list[tuple[str, ...]]:
        """The first rows as texts; a missing cell is empty."""
        return _texts([self.first.column(place) for place in range(len(self.names))])

    def texts(self) -> list[tuple[str, ...]]:
        """All rows as texts; a missing cell is empty, a list is parted by |."""
        columns = gather(self.blocks(self.names), self.names, ())
        return _texts([columns[name] for name in self.names])

    def columns(self, names: Sequence[str], coded: Sequence[str] = ()) -> Mapping[str, Any]:
        """Read columns as chunked arrays; those in `coded` as codes of their distinct ids.

        Raises DataError for a column of another kind than single values.
        """
        import pyarrow as pa

        try:
            return gather(self._checked(names), names, coded)
        except pa.ArrowInvalid as error:  # bytes that are no text, texts beyond all bounds
            message = f"its columns can't be read ({str(error).splitlines()[0]})."
            raise DataError(
                message, path=str(self.location), hint="Write ids as texts or numbers."
            ) from error

    def _checked(self, names: Sequence[str]) -> Iterator[Any]:
        for block in self.blocks(names):
            _check_kinds(block.schema, names, self.location)
            yield block


def _texts(columns: Sequence[Any]) -> list[tuple[str, ...]]:
    return list(zip(*([text_of(cell) for cell in column.to_pylist()] for column in columns), strict=True))


def text_of(cell: Any) -> str:
    """A cell as a text table would have it."""
    if cell is None or cell != cell:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, list):
        return "|".join(map(text_of, cell))
    return str(cell)


def raw_table(source: TypedSource, options: ReadingOptions) -> RawTable:
    """Find the columns and read them; raises DataError for one of another kind than single values."""
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
    return RawTable(
        users=columns[found["user_column"]],
        items=columns[found["item_column"]],
        ratings=ratings,
        timestamps=columns.get(found["time_column"]),
        events=columns.get(found.get("event_column", NONE)),
        found={**source.found, **found},
        repairs=(*notes, *unread_note(source.names, roles)),
        files=source.files,
        names=source.names,
    )


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


def _check_kinds(schema: Any, names: Sequence[str], location: Location) -> None:
    import pyarrow.types as kinds

    for name in names:
        kind = schema.field(name).type
        if kinds.is_nested(kind):
            hint = "Write one row for each pair of user and item, with single numbers or texts."
            raise DataError(
                f"it holds {kind}, not single values.", path=str(location), column=name, hint=hint
            )


def _numbers(
    column: Any, name: str, options: ReadingOptions, source: TypedSource
) -> tuple[Any, tuple[Repair, ...]]:
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
        values, notes = parse_numbers(texts, options, plain(name) in COUNT_NAMES)
    except NumberError as wrong:
        code = next(code for code, text in enumerate(texts) if wrong.text in (text, text.strip()))
        row = pc.index(whole.indices, code).as_py() + 1
        message = f"the rating {wrong.reason}."
        raise DataError(
            message, path=str(source.location), row=row, column=name, value=texts[code], hint=wrong.hint
        ) from None
    numbers = pa.array(values, pa.float32()).take(whole.indices)
    return pa.chunked_array([numbers]), tuple(Repair("numbers", len(column), note) for note in notes)


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))
