"""Finds out the encoding of a text table."""

from __future__ import annotations

from core.contract import Location
from core.data.reading import open_table
from core.errors import DataError

_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_CHUNK = 1 << 20
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_SPECIAL = bytes(set(range(0x80, 0xA0)) - set(_UNDEFINED))


def encoding_of(head: bytes, location: Location, wanted: str) -> tuple[str, bool]:
    """Name the encoding of a file by its first bytes, and say whether it is a guess."""
    if wanted:
        return wanted, False
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "")
    if marked:
        return marked, False
    if b"\x00" in head:
        return _wide_encoding(head, location), True
    end = max(head.rfind(b"\n"), head.rfind(b"\r"))
    try:
        head[: end + 1].decode("utf-8")
    except UnicodeDecodeError:
        return single_byte(location), True
    return "utf-8", False


def single_byte(location: Location) -> str:
    """Name the encoding of a file that is no UTF-8: Windows' where its special signs are used, else latin-1.

    Latin-1 has control signs in their place, which texts don't hold.
    """
    special = False
    with open_table(location) as stream:
        while chunk := stream.read(_CHUNK):
            if _holds(chunk, _UNDEFINED):
                return "latin-1"
            special = special or _holds(chunk, _SPECIAL)
    return "cp1252" if special else "latin-1"


def _holds(chunk: bytes, signs: bytes) -> bool:
    return len(chunk.translate(None, signs)) < len(chunk)


def _wide_encoding(head: bytes, location: Location) -> str:
    """Zero bytes at every second place are UTF-16 without a mark; any others are no text."""
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    half = len(head[:2000]) // 2
    if odd > 0.7 * half and not even:
        return "utf-16-le"
    if even > 0.7 * half and not odd:
        return "utf-16-be"
    hint = (
        "Read are texts, Parquet, Feather, Excel and OpenDocument files, SQLite and DuckDB databases, and "
        "zip archives of such. Write it as one of these (a .tar: unpack it first)."
    )
    raise DataError("this is a binary file of an unknown form.", path=str(location), hint=hint)


def decode(head: bytes, encoding: str, location: Location) -> str:
    """Decode the first bytes; raises DataError for an encoding that there isn't."""
    try:
        return head.decode(encoding, errors="replace").lstrip("\ufeff")
    except (LookupError, UnicodeError):  # also one that is for other things than texts
        raise DataError(f"no such encoding: {encoding!r}.", path=str(location), hint="Try latin-1.") from None
