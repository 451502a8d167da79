"""A table with typed columns that is opened: its names, its first rows, and its columns on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.contract import Location, Repair, row_number
from core.data.reading import Head
from core.data.reading.typed._gathering import gather
from core.errors import DataError

FIRST = 50
"""Rows by which a column's content is judged."""


@dataclass(frozen=True)
class TypedSource:
    """A table that is opened: where it is, its columns' names, its first rows (an Arrow table) and a function
    that reads the named columns as Arrow tables or batches, one below the other. `found` says what was
    chosen, `files` what is read, `notes` what was made of it; without a `header` the names are positions.
    `line_of` turns a row (from 0) into that of the file (from 1)."""

    location: Location
    names: tuple[str, ...]
    first: Any
    blocks: Callable[[Sequence[str]], Iterable[Any]]
    found: dict[str, object] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    header: bool = True
    notes: tuple[Repair, ...] = ()
    line_of: Callable[[int], int] = row_number

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
        except (
            pa.ArrowInvalid,
            pa.ArrowNotImplementedError,
        ) as error:  # bytes that are no text, texts beyond all bounds
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


def _check_kinds(schema: Any, names: Sequence[str], location: Location) -> None:
    import pyarrow as pa
    import pyarrow.types as kinds

    for name in names:
        kind = schema.field(name).type
        kind = kind.value_type if kinds.is_dictionary(kind) else kind
        stored = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
        if kinds.is_nested(stored) or (stored is not kind and kinds.is_fixed_size_binary(stored)):
            hint = "Write one row for each pair of user and item, with single numbers or texts."
            raise DataError(
                f"it holds {kind}, not single values.", path=str(location), column=name, hint=hint
            )
