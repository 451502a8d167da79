"""Reads tables and queries of databases: SQLite and DuckDB files, PostgreSQL by its address. Read-only."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading import bounded_blocks, first_bytes
from core.data.reading.typed._json import column_of
from core.data.reading.typed._raw import raw_table
from core.data.reading.typed._source import FIRST, TypedSource
from core.data.reading.typed._sql import (
    asked,
    checked_query,
    choose_table,
    items_table,
    limited,
    quoted,
    selected,
)
from core.errors import DataError

_BLOCK = 100_000


class SqliteFile(Reader):
    """A table or a query of a SQLite file."""

    name = "sqlite"
    description = "SQLite file: the table that holds ratings, or --table, or --query."

    def recognizes(self, location: Location) -> bool:
        """A file that starts as SQLite's do."""
        return is_sqlite(location)

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the columns; raises DataError for a damaged file or a query that fails."""
        return raw_table(open_sqlite(location, options), options)


class DuckDbFile(Reader):
    """A table or a query of a DuckDB file."""

    name = "duckdb"
    description = "DuckDB file: the table that holds ratings, or --table, or --query."

    def recognizes(self, location: Location) -> bool:
        """A file that starts as DuckDB's do."""
        return is_duckdb(location)

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the columns; raises DataError for a damaged file or a query that fails."""
        return raw_table(open_duckdb(location, options), options)


def is_sqlite(location: Location) -> bool:
    """Say whether a file starts as SQLite's do."""
    return (
        isinstance(location, Path)
        and location.is_file()
        and first_bytes(location, 16) == b"SQLite format 3\0"
    )


def is_duckdb(location: Location) -> bool:
    """Say whether a file starts as DuckDB's do."""
    return isinstance(location, Path) and location.is_file() and first_bytes(location, 12)[8:] == b"DUCK"


def open_sqlite(location: Location, options: ReadingOptions) -> TypedSource:
    """Open a table or query of a SQLite file, which stays as it is."""

    def run(statement: str) -> Iterator[Any]:
        with _sqlite_errors(location), contextlib.closing(_connect(location)) as connection:
            yield from bounded_blocks(location, _fetched(connection.execute(statement)))

    names = "SELECT '', name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    return _open(location, options, run, names)


def _connect(location: Location) -> sqlite3.Connection:
    address = f"file:{quote(str(Path(str(location)).absolute()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.set_authorizer(_only_reads)
    connection.set_progress_handler(lambda: 0, _STEPS)  # Python looks for Ctrl-C there
    return connection


_STEPS = 100_000
"""Instructions of SQLite's machine, some milliseconds, after which signals are heard."""


_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33}  # 33: a recursive query


def _only_reads(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


@contextlib.contextmanager
def _sqlite_errors(location: Location) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise DataError(f"the database answers: {error}.", path=str(location)) from error


def _fetched(cursor: sqlite3.Cursor) -> Iterator[Any]:
    """The rows in blocks, one without rows at least; a column's blocks may differ in type."""
    import pyarrow as pa

    names = [column[0] for column in cursor.description]
    rows = cursor.fetchmany(_BLOCK)
    while True:
        columns = [column_of(list(values)) for values in zip(*rows, strict=True)]
        yield pa.Table.from_arrays(columns or [pa.nulls(0)] * len(names), names=names)
        if not (rows := cursor.fetchmany(_BLOCK)):
            return


def open_duckdb(location: Location, options: ReadingOptions) -> TypedSource:
    """Open a table or query of a DuckDB file, which stays as it is; a query reaches no other file."""
    import duckdb

    def run(statement: str) -> Iterator[Any]:
        import pyarrow as pa

        config: dict[str, Any] = {"enable_external_access": "false", "autoload_known_extensions": "false"}
        try:
            with duckdb.connect(str(location), read_only=True, config=config) as connection:
                connection.execute("SET lock_configuration = true")
                reader = pa.RecordBatchReader.from_stream(connection.sql(statement))
                yield reader.schema.empty_table()
                yield from bounded_blocks(location, reader)
        except duckdb.Error as error:
            message = f"the database answers: {str(error).splitlines()[0]}."
            raise DataError(message, path=str(location)) from error

    return _open(location, options, run, _TABLES)


_TABLES = (
    "SELECT CASE WHEN table_schema = current_schema() THEN '' ELSE table_schema END, table_name, "
    "table_catalog, table_schema "
    "FROM information_schema.tables WHERE table_schema NOT IN ('information_schema', 'pg_catalog')"
)
"""Schema (empty for the usual one) and name of all tables and views, then where they are in full."""


def _open(location: Any, options: ReadingOptions, run: Any, names_of_tables: str) -> TypedSource:
    """Open the query asked for, or the table that holds ratings."""
    files = (location,) if isinstance(location, Path) else ()
    if options.query:
        query = checked_query(options.query)
        first = _whole(run(limited(f"({query})", FIRST)))
        _check_names(location, first.schema.names)
        found: dict[str, object] = {"query": options.query}
        if options.items_table:
            found["items_table"] = options.items_table
        return TypedSource(
            location,
            tuple(first.schema.names),
            first,
            lambda names: (block.select(list(names)) for block in run(asked(f"({query})"))),
            found,
            files,
        )
    listed = _whole(run(names_of_tables))
    rows = zip(*(column.to_pylist() for column in listed.columns), strict=True)
    places = {
        f"{schema}.{table}" if schema else table: ".".join(map(quoted, (*within, table)))
        for schema, table, *within in rows
    }
    heads = {name: tuple(_whole(run(limited(place, 0))).schema.names) for name, place in places.items()}
    name = choose_table(heads, options, location)
    first = _whole(run(limited(places[name], FIRST)))
    found = {"table": name, **items_table(heads, name, options)}

    def blocks(names: Sequence[str]) -> Iterator[Any]:
        result: Iterator[Any] = run(selected(names, places[name]))
        return result

    return TypedSource(location, heads[name], first, blocks, found, files)


def _check_names(location: Any, names: Sequence[str]) -> None:
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        hint = f"Call one of them otherwise: SELECT … AS {twice}2."
        raise DataError(f"two columns of the query are named {twice!r}.", path=str(location), hint=hint)


def _whole(blocks: Iterator[Any]) -> Any:
    """A few rows as one table."""
    import pyarrow as pa

    tables = [block if isinstance(block, pa.Table) else pa.Table.from_batches([block]) for block in blocks]
    return pa.concat_tables(tables)


_SCHEMES = ("postgresql", "postgres")
_SECRET = ("password", "sslpassword", "passfile", "sslkey")


def is_address(source: object) -> bool:
    """Say whether a source is the address of a database server."""
    return isinstance(source, str) and source.partition("://")[0] in _SCHEMES and "://" in source


def without_password(source: str) -> str:
    """The address as it may be written down and said: without its password."""
    if not is_address(source):
        return source
    parts = urlsplit(source)
    user, at, host = parts.netloc.rpartition("@")
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name.lower() not in _SECRET]
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host, query=urlencode(kept)))


def open_address(source: str, options: ReadingOptions) -> TypedSource:
    """Open a table or query of a PostgreSQL database in a read-only transaction.

    Raises DataError, without a password, where it can't be reached or the query fails.
    """
    shown = without_password(source)

    def run(statement: str) -> Iterator[Any]:
        with _server(source, shown) as cursor:
            cursor.execute(statement)
            reader = cursor.fetch_record_batch()
            yield reader.schema.empty_table()
            yield from reader

    return _open(shown, options, run, _TABLES)


@contextlib.contextmanager
def _server(source: str, shown: str) -> Iterator[Any]:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        hint = 'Install it: pip install "tastemap[postgresql]".'
        raise DataError("reading PostgreSQL needs its driver.", path=shown, hint=hint) from None
    try:
        with dbapi.connect(source) as connection, connection.cursor() as cursor:
            # One process scans a table from its start, so that rows come in one order each time.
            for setting in (
                "TRANSACTION READ ONLY",
                "synchronize_seqscans = off",
                "max_parallel_workers_per_gather = 0",
            ):
                cursor.execute(f"SET {setting}")
            yield cursor
    except dbapi.Error as error:
        message = f"the database answers: {_told(str(error), source)}."
        raise DataError(message, path=shown, hint="Are address, user and password right?") from None


def _told(message: str, source: str) -> str:
    """The first line of a message, without the password."""
    password = urlsplit(source).password or ""
    secrets = [
        password,
        *(value for name, value in parse_qsl(urlsplit(source).query) if name.lower() in _SECRET),
    ]
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    return message.strip().splitlines()[0][:300]


def address_name(source: str) -> str:
    """A short name for a database server's data: that of the database."""
    return urlsplit(source).path.strip("/") or "postgresql"
