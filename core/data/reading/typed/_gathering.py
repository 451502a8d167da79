"""Gathers the wanted columns of a table block by block: ids become codes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_LEAST = 64 << 20
"""Bytes of dictionaries that may wait to be made one."""


def gather(blocks: Iterable[Any], names: Sequence[str], coded: Sequence[str]) -> Mapping[str, Any]:
    """The columns of Arrow tables or batches that come one after another, each as one chunked array.

    Columns in `coded` come as dictionaries where they hold whole numbers or texts. A column whose blocks
    differ in type becomes one of decimals, where all are numbers, else of texts.
    """
    columns: dict[str, _Coded | _Plain] = {name: _Coded() if name in coded else _Plain() for name in names}
    for block in blocks:
        for name, column in columns.items():
            column.add(block.column(block.schema.get_field_index(name)))
    return {name: column.whole() for name, column in columns.items()}


class _Plain:
    """The chunks of one column."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []

    def add(self, column: Any) -> None:
        """Keep the chunks of a block."""
        self._chunks += _chunks(column)

    def whole(self) -> Any:
        """The column, in one type."""
        import pyarrow as pa

        kind = common_type([chunk.type for chunk in self._chunks])
        column = pa.chunked_array([chunk.cast(kind) for chunk in self._chunks], kind)
        self._chunks = []
        return _joined(column)


class _Coded:
    """The chunks of one column of ids, as codes; their dictionaries are made one before they get large."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._waiting = self._known = 0

    def add(self, column: Any) -> None:
        """Turn a block's ids into codes."""
        for chunk in _chunks(column):
            one = _encoded(chunk)
            self._chunks.append(one)
            self._waiting += one.dictionary.nbytes if hasattr(one, "dictionary") else 0
        if self._waiting > max(_LEAST, self._known):
            self._unify()

    def whole(self) -> Any:
        """The column: codes of one dictionary, or the values where they are decimals or of another kind."""
        import pyarrow as pa

        self._unify()
        column, self._chunks = pa.chunked_array(self._chunks), []
        kind = column.type
        if pa.types.is_dictionary(kind) and not _is_id(kind.value_type):
            return column.cast(kind.value_type)
        return _joined(column)

    def _unify(self) -> None:
        import pyarrow as pa

        kind = common_type([_value_type(chunk) for chunk in self._chunks])
        chunks = [_as_values(chunk, kind) for chunk in self._chunks]
        self._chunks = []  # what is made one needs their room
        whole = pa.chunked_array(chunks)
        if pa.types.is_dictionary(whole.type):
            whole = whole.unify_dictionaries()
            self._known = whole.chunk(0).dictionary.nbytes if whole.num_chunks else 0
        self._chunks, self._waiting = list(whole.chunks), 0


def _joined(column: Any) -> Any:
    """A column of numbers or codes as one chunk, which everybody can share without a copy."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type) or pa.types.is_primitive(column.type):
        return pa.chunked_array([column.combine_chunks()], column.type)
    return column


def common_type(kinds: Sequence[Any]) -> Any:
    """One type for all: their own where it is one, of numbers whole ones or decimals, else texts."""
    import pyarrow as pa

    known = [kind for kind in dict.fromkeys(kinds) if kind != pa.null()]
    if len(known) < 2:
        return known[0] if known else pa.null()
    if all(pa.types.is_integer(kind) for kind in known):
        return pa.int64()
    numeric = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in known)
    return pa.float64() if numeric else pa.string()


def _chunks(column: Any) -> list[Any]:
    import pyarrow as pa

    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]


def _is_id(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_string(kind))


def _encoded(chunk: Any) -> Any:
    """A chunk of numbers or texts as codes; any other as it is."""
    import pyarrow as pa

    kind = chunk.type
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            return pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary.cast(pa.string()))
        return _encoded(chunk.cast(kind.value_type)) if not _is_id(kind.value_type) else chunk
    if _is_text(kind):
        chunk = chunk.cast(pa.string())
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_string(chunk.type)
    return chunk.dictionary_encode() if plain else chunk


def _is_text(kind: Any) -> bool:
    """Whether values are texts in another form than Arrow's usual one; bytes are, where they are UTF-8."""
    import pyarrow.types as kinds

    return bool(
        kinds.is_large_string(kind)
        or kinds.is_string_view(kind)
        or kinds.is_binary(kind)
        or kinds.is_large_binary(kind)
    )


def _value_type(chunk: Any) -> Any:
    import pyarrow as pa

    return chunk.type.value_type if pa.types.is_dictionary(chunk.type) else chunk.type


def _as_values(chunk: Any, kind: Any) -> Any:
    """A chunk whose values are of this type: of codes only the dictionary is cast."""
    import pyarrow as pa

    if pa.types.is_dictionary(chunk.type):
        indices = chunk.indices.cast(pa.int32())
        return pa.DictionaryArray.from_arrays(indices, chunk.dictionary.cast(kind))
    if chunk.type == pa.null() or _is_id(kind) or pa.types.is_floating(kind):
        return chunk.cast(kind).dictionary_encode()
    return chunk.cast(kind)
