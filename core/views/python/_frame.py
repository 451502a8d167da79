"""Rows of an answer as tables of other libraries: a field a column, those of nested dataclasses too."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.options import Identifier

if TYPE_CHECKING:
    import pandas
    import pyarrow


@dataclass(frozen=True)
class _Column:
    """A column: its name, the fields that lead to its values, and their annotation."""

    name: str
    path: tuple[str, ...]
    hint: Any

    def values(self, rows: Sequence[Any]) -> list[Any]:
        """The value of each row; None where a dataclass on the way is None."""
        return [self._value(row) for row in rows]

    def _value(self, row: Any) -> Any:
        for name in self.path:
            if row is None:
                return None
            row = getattr(row, name)
        return _plain(row)


def data_frame(kind: Any, rows: Sequence[Any]) -> pandas.DataFrame:
    """Write dataclasses of one kind as a pandas table; without rows the columns stay."""
    import pandas

    columns = list(_columns(kind))
    return pandas.DataFrame({one.name: _series(one.values(rows)) for one in columns})


def _series(values: list[Any]) -> pandas.Series[Any]:
    import pandas

    return pandas.Series(values, dtype=None if values else object)


def arrow_table(kind: Any, rows: Sequence[Any]) -> pyarrow.Table:
    """Write dataclasses of one kind as an Arrow table; without rows the columns and their types stay."""
    import pyarrow as pa

    columns = list(_columns(kind))
    arrays = [_array(one.values(rows), one.hint) for one in columns]
    return pa.table(arrays, names=[one.name for one in columns])


def _columns(kind: Any, path: tuple[str, ...] = ()) -> Iterator[_Column]:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        hint, here = hints[field.name], (*path, field.name)
        inner = next(filter(dataclasses.is_dataclass, (hint, *_parts(hint))), None)
        if inner is None:
            yield _Column("_".join(here), here, hint)
        else:
            yield from _columns(inner, here)


def _parts(hint: Any) -> tuple[Any, ...]:
    """The members of a union; nothing for any other annotation."""
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else ()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _array(values: list[Any], hint: Any) -> pyarrow.Array:
    """A column whose ids, of which the annotation says that they are numbers or texts, are what they are."""
    import pyarrow as pa

    try:
        return _of_type(values, _type(hint, pa.int64() if values else pa.string()))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return _of_type(values, _type(hint, pa.string()))


def _of_type(values: list[Any], kind: Any) -> pyarrow.Array:
    import pyarrow as pa

    if pa.types.is_map(kind):
        texts = pa.types.is_string(kind.item_type)
        values = [[(key, str(one) if texts else one) for key, one in value.items()] for value in values]
    return pa.array(values, kind)


def _type(hint: Any, identifier: Any) -> Any:
    """The Arrow type of an annotation; `identifier` is that of ids."""
    import pyarrow as pa

    single = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    parts = [part for part in _parts(hint) if part is not type(None)]
    if hint in single:
        return single[hint]
    if len(parts) == 1:
        return _type(parts[0], identifier)
    if parts:
        return identifier if set(parts) == set(typing.get_args(Identifier)) else pa.string()
    if dataclasses.is_dataclass(hint):
        kinds = typing.get_type_hints(hint)
        return pa.struct([(one.name, _type(kinds[one.name], identifier)) for one in dataclasses.fields(hint)])
    return _composed(typing.get_origin(hint), typing.get_args(hint), identifier)


def _composed(origin: Any, parts: tuple[Any, ...], identifier: Any) -> Any:
    import pyarrow as pa

    if origin in (dict, Mapping):
        return pa.map_(_type(parts[0], identifier), _type(parts[1], identifier))
    return pa.list_(_type(parts[0], identifier))
