"""Reads JSON lines, and JSON of objects or of columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading import LINE_LIMIT, open_table, too_long
from core.data.reading.typed._source import FIRST, TypedSource, raw_table
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
        return raw_table(open_json(location), options)


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
        return head[1:].lstrip()[:1] in (b"{", b"]")
    return head[:1] == b"{" and head[1:].lstrip()[:1] in (b'"', b"'", b"}")


def open_json(location: Location) -> TypedSource:
    """Open a JSON file, or one of JSON lines."""
    files = (location,) if isinstance(location, Path) else ()
    first = _first_objects(location)
    if first is None:
        table = _whole(location)
        names = tuple(table.schema.names)
        return TypedSource(
            location, names, table.slice(0, FIRST), lambda wanted: [table.select(list(wanted))], files=files
        )
    names = tuple(dict.fromkeys(name for one in first for name in one))
    return TypedSource(
        location,
        names,
        columns_of(first, names),
        lambda wanted: [_lines(location, first, wanted)],
        files=files,
    )


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


def _lines(location: Location, first: list[dict[str, Any]], names: Sequence[str]) -> Any:
    """Read columns of JSON lines: by Arrow where all are of the first lines' types, else one by one."""
    import pyarrow as pa
    from pyarrow import json as arrow_json

    schema = columns_of(first, names).schema
    kinds = pa.schema(
        [pa.field(one.name, one.type if one.type != pa.null() else pa.string()) for one in schema]
    )
    if not any(pa.types.is_nested(kind) for kind in kinds.types):
        parsing = arrow_json.ParseOptions(explicit_schema=kinds, unexpected_field_behavior="ignore")
        reading = arrow_json.ReadOptions(block_size=4 * LINE_LIMIT)
        try:
            with open_table(location) as stream:
                return arrow_json.read_json(pa.PythonFile(stream, mode="r"), reading, parsing).select(
                    list(names)
                )
        except pa.ArrowException:
            pass  # a line of another type, or none: read one by one, which says where
    return columns_of(_objects(location, names), names)


def _objects(location: Location, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    with open_table(location) as stream:
        for number, line in _numbered(location, stream):
            try:
                one = json.loads(line)
            except (ValueError, RecursionError):
                raise _no_object(location, number) from None
            if not isinstance(one, dict):
                raise _no_object(location, number)
            yield {name: one.get(name) for name in names}


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
    if all(isinstance(value, int | float) for value in plain):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else _written(value) for value in values], pa.string())


def _written(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)


def _whole(location: Location) -> Any:
    """A list of objects, an object that holds one, or an object of columns."""
    import pyarrow as pa

    with open_table(location) as stream:
        try:
            found = json.load(stream)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            message = f"is no JSON ({str(error).split(':')[0]})."
            raise DataError(message, path=str(location), row=line, hint="Is the file complete?") from None
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 and lists[0] and isinstance(lists[0][0], dict) else found
    if isinstance(found, list) and found and all(isinstance(one, dict) for one in found):
        return columns_of(found, tuple(dict.fromkeys(name for one in found for name in one)))
    columns = _columns(found)
    if columns is None:
        hint = "Expected is a list of objects, an object of columns, or an object a line."
        raise DataError("the JSON holds no table.", path=str(location), hint=hint)
    return pa.table({name: column_of(values) for name, values in columns.items()})


def _columns(found: Any) -> dict[str, list[Any]] | None:
    """An object of columns, each a list or (as pandas writes it) an object by row; None if it is none."""
    if not isinstance(found, dict) or not found:
        return None
    columns = {name: list(one.values()) if isinstance(one, dict) else one for name, one in found.items()}
    if not all(isinstance(one, list) for one in columns.values()):
        return None
    return columns if len({len(one) for one in columns.values()}) == 1 else None
