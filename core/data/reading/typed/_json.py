"""Reads JSON lines, and JSON of objects or of columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading import ITEM_NAMES, LINE_LIMIT, USER_NAMES, guess, is_usual, open_table, too_long
from core.data.reading.typed._raw import raw_table
from core.data.reading.typed._source import FIRST, TypedSource
from core.errors import DataError


class JsonTable(Reader):
    """One rating an object: an object a line, a list of objects, or an object of columns."""

    name = "json"
    description = "JSON lines (an object a line), or JSON: a list of objects or an object of columns."

    def recognizes(self, location: Location) -> bool:
        """A file that starts with an object, or with a list of objects."""
        return is_json(location)

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the columns; raises DataError for a line that is no object."""
        try:
            return raw_table(open_json(location), options)
        except UnicodeEncodeError as error:
            message = f"a text holds half a character ({error.object[error.start : error.end]!a})."
            raise DataError(message, path=str(location), hint="Write its texts as UTF-8.") from None


def is_json(location: Location) -> bool:
    """Say whether a file starts with an object, or with a list of objects."""
    if not location.is_file():
        return False
    try:
        with open_table(location) as stream:
            head = bytes(stream.read(1000)).lstrip(b"\xef\xbb\xbf \t\r\n")
    except DataError:
        return False
    if head[:1] == b"[":
        return head[1:].lstrip()[:1] in (b"{", b"]", b"[")
    return head[:1] == b"{" and head[1:].lstrip()[:1] in (b'"', b"'", b"}")


def open_json(location: Location) -> TypedSource:
    """Open a JSON file, or one of JSON lines."""
    files = (location,) if isinstance(location, Path) else ()
    objects = _first_objects(location)
    if objects is None:
        table = _whole(location)
        names = tuple(table.schema.names)
        header = not all(map(str.isdecimal, names))
        return TypedSource(
            location,
            names,
            table.slice(0, FIRST),
            lambda wanted: [table.select(list(wanted))],
            files=files,
            header=header,
        )
    field = _exploded(objects)
    first = [row for one in objects for row in _rows(one, field)]
    names = tuple(dict.fromkeys(name for one in first for name in one))
    plain = first == objects

    def blocks(wanted: Sequence[str]) -> list[Any]:
        return [_lines(location, first, wanted, None if plain else field)]

    return TypedSource(location, names, columns_of(first, names), blocks, files=files)


def _first_objects(location: Location) -> list[dict[str, Any]] | None:
    """The objects of the first lines; None where the first line is no whole object."""
    found: list[dict[str, Any]] = []
    with open_table(location) as stream:
        for number, line in _numbered(location, stream):
            try:
                one = json.loads(line)
            except (ValueError, RecursionError):
                if not found:
                    return None
                raise _no_object(location, number) from None
            if not isinstance(one, dict):
                return None
            found.append(one)
            if len(found) == FIRST:
                break
    alone = len(found) == 1 and any(isinstance(value, dict | list) for value in found[0].values())
    return None if alone else found


def _numbered(location: Location, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            raise too_long(location, number)
        if line.strip():
            yield number, line.lstrip(b"\xef\xbb\xbf") if number == 1 else line


def _no_object(location: Location, number: int) -> DataError:
    message = "the line is no JSON object."
    return DataError(message, path=str(location), row=number, hint="Correct the line or remove it.")


def flattened(one: dict[str, Any], depth: int = 3) -> dict[str, Any]:
    """An object with the values of objects in it under names such as user.id.

    An object of one name that begins with $ is a plain value, as MongoDB exports it.
    """
    flat: dict[str, Any] = {}
    for name, value in one.items():
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
            value = next(iter(value.values()))  # noqa: PLW2901
        if isinstance(value, dict) and value and depth:
            flat |= {f"{name}.{inner}": each for inner, each in flattened(value, depth - 1).items()}
        else:
            flat[name] = value
    return flat


def _lines(location: Location, first: list[dict[str, Any]], names: Sequence[str], field: str | None) -> Any:
    """Read columns of JSON lines: by Arrow where all are of the first lines' types, else one by one.

    `field` is None for plain lines, else the list that holds the rows (empty: the lines do).
    """
    import pyarrow as pa
    from pyarrow import json as arrow_json

    schema = columns_of(first, names).schema
    kinds = pa.schema(
        [pa.field(one.name, one.type if one.type != pa.null() else pa.string()) for one in schema]
    )
    if field is None and not any(pa.types.is_nested(kind) for kind in kinds.types):
        parsing = arrow_json.ParseOptions(explicit_schema=kinds, unexpected_field_behavior="ignore")
        reading = arrow_json.ReadOptions(block_size=4 * LINE_LIMIT)
        try:
            with open_table(location) as stream:
                return arrow_json.read_json(pa.PythonFile(stream, mode="r"), reading, parsing).select(
                    list(names)
                )
        except pa.ArrowException:
            pass  # a line of another type, or none: read one by one, which says where
    return columns_of(_objects(location, names, field or ""), names)


def _objects(location: Location, names: Sequence[str], field: str) -> Iterator[dict[str, Any]]:
    with open_table(location) as stream:
        for number, line in _numbered(location, stream):
            try:
                one = json.loads(line)
            except (ValueError, RecursionError):
                raise _no_object(location, number) from None
            if not isinstance(one, dict):
                raise _no_object(location, number)
            yield from ({name: row.get(name) for name in names} for row in _rows(one, field))


def columns_of(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> Any:
    """Rows as an Arrow table of these columns; one of several types becomes text, nothing is dropped."""
    import pyarrow as pa

    held = list(rows)
    return pa.table({name: column_of([one.get(name) for one in held]) for name in names})


def column_of(values: list[Any]) -> Any:
    """A list of plain values as an Arrow column; numbers among texts become texts, as they are written."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    plain = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and abs(value) < _EXACT for value in plain):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else _written(value) for value in values], pa.string())


_EXACT = 2**53
"""Whole numbers beyond are no longer told apart as decimals: ids stay as they are written."""


def _written(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)


def _whole(location: Location) -> Any:
    """A list of objects or of rows, an object that holds one, of columns, or of ratings by user and item."""
    import pyarrow as pa

    with open_table(location) as stream:
        try:
            found = json.load(stream)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            message = f"is no JSON ({str(error).split(':')[0]})."
            raise DataError(message, path=str(location), row=line, hint="Is the file complete?") from None
    objects = _objects_in(found)
    if objects is not None:
        field = _exploded(objects)
        rows = [row for one in objects for row in _rows(one, field)]
        return columns_of(rows, tuple(dict.fromkeys(name for one in rows for name in one)))
    columns = _columns(found)
    if columns is None:
        hint = "Expected is a list of objects, an object of columns, or an object a line."
        raise DataError("the JSON holds no table.", path=str(location), hint=hint)
    return pa.table({name: column_of(values) for name, values in columns.items()})


def _objects_in(found: Any, depth: int = 3) -> list[dict[str, Any]] | None:
    """A list of objects, or the only one that is in an object."""
    if isinstance(found, list):
        return found if found and all(isinstance(one, dict) for one in found) else None
    if not isinstance(found, dict) or not depth:
        return None
    inside = [_objects_in(value, depth - 1) for value in found.values() if isinstance(value, list | dict)]
    there = [one for one in inside if one is not None]
    return there[0] if len(there) == 1 else None


def _exploded(objects: Sequence[dict[str, Any]]) -> str:
    """The field whose list of objects holds the rows, as in a user's ratings; empty where there is none."""
    names = tuple(dict.fromkeys(name for one in objects[:FIRST] for name in flattened(one)))
    if guess(names, USER_NAMES) and guess(names, ITEM_NAMES):
        return ""
    lists = {name for one in objects[:FIRST] for name, value in one.items() if _is_objects(value)}
    return lists.pop() if len(lists) == 1 else ""


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _rows(one: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The rows of an object: itself, or one for each object in its list, named as in ratings.item."""
    if not field:
        return [flattened(one)]
    around = flattened({name: value for name, value in one.items() if name != field})
    return [{**around, **flattened({field: inner})} for inner in one.get(field) or ()]


def _columns(found: Any) -> dict[str, list[Any]] | None:
    """Columns: of rows, of an object of columns (lists or, as pandas writes it, objects by row), or of
    ratings by user and item; None if it is none of these."""
    if isinstance(found, list):
        return _columns_of_rows(found)
    if not isinstance(found, dict) or not found:
        return None
    if _is_by_user(found):
        triples = [(user, item, value) for user, given in found.items() for item, value in given.items()]
        return dict(zip(("user", "item", "rating"), map(list, zip(*triples, strict=True)), strict=True))
    columns = {name: list(one.values()) if isinstance(one, dict) else one for name, one in found.items()}
    if not all(isinstance(one, list) for one in columns.values()):
        return None
    return columns if len({len(one) for one in columns.values()}) == 1 else None


def _columns_of_rows(rows: list[Any]) -> dict[str, list[Any]] | None:
    """Rows of equal length; the first names the columns where it alone is all of texts."""
    if not all(isinstance(row, list) for row in rows) or len({len(row) for row in rows}) != 1 or not rows[0]:
        return None
    named = all(isinstance(cell, str) for cell in rows[0]) and any(map(is_usual, rows[0]))
    names = rows[0] if named else [str(place) for place in range(1, len(rows[0]) + 1)]
    return dict(zip(names, map(list, zip(*rows[named:], strict=True)), strict=True))


def _is_by_user(found: dict[str, Any]) -> bool:
    """Whether an object holds each user's ratings by item: {"Ann": {"Alien": 5, …}, …}."""
    if not all(isinstance(one, dict) for one in found.values()) or any(map(is_usual, found)):
        return False
    values = [value for given in found.values() for value in given.values()]
    return bool(values) and all(isinstance(value, int | float) for value in values)
