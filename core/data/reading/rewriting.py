"""Rewrites a stream of text on the fly into what Arrow parses: UTF-8 with one-character separators."""

from __future__ import annotations

import codecs
import re
from typing import Any

from core.contract.data import Location
from core.data.reading.dialect import Dialect
from core.data.reading.location import LINE_LIMIT
from core.errors import DataError

_RUNS = re.compile(rb"[ \t]+")
_EDGES = re.compile(rb"^\t|\t(?=\r?$)", re.MULTILINE)


class Rewriter:
    """Called by Arrow with one chunk of bytes after the other, then with none; holds back a cut line."""

    def __init__(self, location: Location, dialect: Dialect) -> None:
        self._location, self._separator = location, dialect.separator
        self._recode = dialect.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig")
        self._decoder: Any = codecs.getincrementaldecoder(dialect.encoding)() if self._recode else None
        self._held = b""
        self.needed = self._recode or self._separator in ("::", " ")

    def __call__(self, chunk: Any) -> bytes:
        """Rewrite the complete lines that this chunk ends."""
        final = len(chunk) == 0
        data = self._held + self._utf8(bytes(chunk), final)
        end = len(data) if final else data.rfind(b"\n") + 1
        self._held = data[end:]
        if len(self._held) > LINE_LIMIT:
            raise DataError("a line is longer than 1 MiB.", path=str(self._location))
        return self._separate(data[:end])

    def _utf8(self, data: bytes, final: bool) -> bytes:
        return self._decoder.decode(data, final).encode("utf-8") if self._recode else data

    def _separate(self, data: bytes) -> bytes:
        if self._separator == "::":
            return data.replace(b"\t", b" ").replace(b"::", b"\t")
        if self._separator == " ":
            return _EDGES.sub(b"", _RUNS.sub(b"\t", data))
        return data
