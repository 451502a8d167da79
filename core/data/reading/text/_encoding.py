"""Finds out the encoding of a text table."""

from __future__ import annotations

from core.contract import Location
from core.errors import DataError


def encoding_of(head: bytes, location: Location, wanted: str) -> tuple[str, bool]:
    """Name the encoding of a file by its first bytes, and say whether it is a guess."""
    if wanted:
        return wanted, False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", False
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", False
    if b"\x00" in head:
        return _wide_encoding(head, location), True
    end = max(head.rfind(b"\n"), head.rfind(b"\r"))
    try:
        head[: end + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1", True
    return "utf-8", False


def _wide_encoding(head: bytes, location: Location) -> str:
    """Zero bytes at every second place are UTF-16 without a mark; any others are no text."""
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    half = len(head[:2000]) // 2
    if odd > 0.7 * half and not even:
        return "utf-16-le"
    if even > 0.7 * half and not odd:
        return "utf-16-be"
    hint = "`tastemap data describe --help` lists the forms that are read."
    raise DataError("this is a binary file, not a table of text.", path=str(location), hint=hint)


def decode(head: bytes, encoding: str, location: Location) -> str:
    """Decode the first bytes; raises DataError for an encoding that there isn't."""
    try:
        return head.decode(encoding, errors="replace").lstrip("\ufeff")
    except LookupError:
        raise DataError(f"no such encoding: {encoding!r}.", path=str(location), hint="Try latin-1.") from None
