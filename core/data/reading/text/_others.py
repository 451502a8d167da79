"""Reads the forms of other tools: the Netflix prize and Matrix Market."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from core.contract import Location, RawTable, Reader, ReadingOptions, Repair
from core.data.reading import LINE_LIMIT, open_table
from core.data.reading.text._reader import read_text
from core.errors import DataError

_MOVIE = re.compile(rb"^(\d+):\r?\n\d+,\d+(\.\d+)?,\d{4}-\d\d-\d\d")
_SECTION = re.compile(rb"^(\d+):[ \t]*\r?$", re.MULTILINE)


def _head(location: Location, count: int) -> bytes:
    try:
        with open_table(location) as stream:
            return stream.read(count)
    except DataError:
        return b""


class Netflix(Reader):
    """Lines of "movie:", each followed by lines of user, rating and date."""

    name = "netflix"
    description = "The Netflix prize's form: a line '1:' for each film, then user,rating,date."

    def recognizes(self, location: Location) -> bool:
        """A file whose first line is a number and a colon."""
        return location.is_file() and _MOVIE.match(_head(location, 200)) is not None

    def read(self, location: Location, options: ReadingOptions) -> RawTable:  # noqa: ARG002 - one form
        """Write each film's id before its lines, and parse them together."""
        import pyarrow as pa
        from pyarrow import csv

        films = _Films()
        names = ["item", "user", "rating", "time"]
        types = {"item": pa.int64(), "user": pa.int64(), "rating": pa.float32(), "time": pa.date32()}
        try:
            with open_table(location) as source:
                stream = pa.TransformInputStream(pa.PythonFile(source, mode="r"), films)
                table = csv.read_csv(
                    stream,
                    csv.ReadOptions(column_names=names, block_size=4 * LINE_LIMIT),
                    convert_options=csv.ConvertOptions(column_types=types),
                )
        except pa.ArrowInvalid as error:
            message = f"can't be read as the Netflix form ({str(error).splitlines()[0]})."
            raise DataError(message, path=str(location)) from error
        return RawTable(
            users=table["user"],
            items=table["item"],
            ratings=table["rating"],
            timestamps=table["time"],
            found={"user_column": "user", "item_column": "item", "rating_column": "rating"},
            files=(location,) if isinstance(location, Path) else (),
            names=tuple(names),
        )


class _Films:
    """Called by Arrow with one chunk of bytes after the other, then with none; holds back a cut line."""

    def __init__(self) -> None:
        self._film, self._held = b"", b""

    def __call__(self, chunk: Any) -> bytes:
        """Put the film's id before each complete line of this chunk."""
        final = len(chunk) == 0
        data = self._held + bytes(chunk)
        end = len(data) if final else data.rfind(b"\n") + 1
        self._held = data[end:]
        parts = _SECTION.split(data[:end])
        written = [self._lines(parts[0])]
        for film, lines in zip(parts[1::2], parts[2::2], strict=True):
            self._film = film
            written.append(self._lines(lines))
        return b"".join(written)

    def _lines(self, lines: bytes) -> bytes:
        text = lines.strip(b"\r\n")
        if not text:
            return b""
        return self._film + b"," + text.replace(b"\n", b"\n" + self._film + b",") + b"\n"


class MatrixMarket(Reader):
    """A sparse matrix of users × items, one "row column value" a line."""

    name = "matrix-market"
    description = "A Matrix Market file (.mtx) of coordinates: users are rows, items are columns."

    def recognizes(self, location: Location) -> bool:
        """A file that starts with the form's name."""
        return location.is_file() and _head(location, 20).lower().lstrip(b"%").startswith(b"matrixmarket")

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the entries below the line of sizes; raises DataError for another kind of matrix."""
        kind, before, sizes = _matrix_head(location)
        columns = {"user_column": "1", "item_column": "2", "time_column": "none"}
        columns["rating_column"] = "none" if "pattern" in kind else "3"
        form = {"separator": "whitespace", "header": "no", "layout": "long", "skip_lines": before}
        given: dict[str, Any] = {**form, **columns}
        table = read_text(location, dataclasses.replace(options, **given))
        if len(table.users) != sizes[2]:
            message = f"{len(table.users)} entries where its head promises {sizes[2]}."
            raise DataError(message, path=str(location), hint="Is the file complete?")
        _check_places(location, table, sizes)
        message = f"a sparse matrix of {sizes[0]} users × {sizes[1]} items"
        found: dict[str, object] = {**columns, "reader": self.name}
        return dataclasses.replace(table, found=found, repairs=(Repair("matrix", sizes[2], message),))


def _matrix_head(location: Location) -> tuple[list[str], int, list[int]]:
    """The words of the first line, the lines before the entries, and rows, columns and entries."""
    lines = _head(location, LINE_LIMIT).decode("utf-8", "replace").splitlines()
    kind = lines[0].lower().split()
    before = next((place for place, line in enumerate(lines) if line.strip() and line[0] != "%"), 0)
    sizes = [int(word) for word in lines[before].split() if word.isdecimal()]
    if not _is_known(kind) or len(sizes) != 3:
        hint = "Write it as a 'coordinate real general' one, or as a CSV file of user, item and rating."
        message = f"a Matrix Market file of another kind ({' '.join(kind[1:]) or 'unnamed'})."
        raise DataError(message, path=str(location), row=1, hint=hint)
    return kind, before + 1, sizes


def _is_known(kind: list[str]) -> bool:
    """Whether all entries are there, each with one number or none."""
    form = kind[1:]
    numbers = ("real", "integer", "unsigned-integer", "pattern", "double")
    return (
        len(form) == 4
        and form[:2] == ["matrix", "coordinate"]
        and form[2] in numbers
        and form[3] == "general"
    )


def _check_places(location: Location, table: RawTable, sizes: list[int]) -> None:
    """Raise DataError for an entry beyond the rows or columns that the head promises."""
    import pyarrow.compute as pc

    for column, most, what in ((table.users, sizes[0], "row"), (table.items, sizes[1], "column")):
        for texts in (chunk.dictionary for chunk in column.chunks):
            outside = texts.filter(pc.invert(_are_within(texts, most)))
            if len(outside):
                message = f"an entry is in {what} {outside[0]}, where its head promises {most}."
                raise DataError(message, path=str(location), hint="Rows and columns are counted from 1.")


def _are_within(texts: Any, most: int) -> Any:
    """Which texts are whole numbers from 1 to `most`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.match_substring_regex(texts, r"^[0-9]{1,18}$")
    numbers = pc.if_else(plain, texts, "0").cast(pa.int64())
    return pc.and_(pc.greater_equal(numbers, 1), pc.less_equal(numbers, most))
