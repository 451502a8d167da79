"""Downloads one file over HTTP: resumed after a break, abandoned after a stall, with progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError

Progress = Callable[[int, int | None], None]
"""Receives the bytes that are there and, where the server says it, the bytes there will be."""

ATTEMPTS = 4
"""Tries in a row that bring nothing new, for each mirror."""

PAUSE = 1.0
"""Seconds of waiting before the third try, and as many more before each one after it."""

_CHUNK = 1 << 14


def silent(done: int, total: int | None) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Downloader:
    """A downloader for pooch: `timeout` is the longest silence in seconds."""

    progress: Progress = silent
    timeout: float = 20.0

    def __call__(self, url: str, output_file: Any, pooch: Any) -> None:
        """Download `url` into `output_file`; raises DataError after `ATTEMPTS` that brought nothing."""
        import requests

        part = Path(pooch.part_file)
        fruitless, most = 0, -1
        while True:
            try:
                self._continue(url, part)
                part.replace(output_file)
                return
            except requests.exceptions.SSLError as error:
                raise DataError(f"{url}: no secure connection ({_reason(error)}).", hint=_TLS) from error
            except requests.exceptions.HTTPError as error:
                raise DataError(f"{url}: the server refused ({_status(error)}).") from error
            except requests.exceptions.RequestException as error:
                size = part.stat().st_size if part.exists() else 0
                fruitless = fruitless + 1 if size <= most else 1
                most = max(most, size)
                if fruitless >= ATTEMPTS:
                    raise DataError(f"{url}: {_reason(error)}.", hint=_OFFLINE) from error
                time.sleep(PAUSE * (fruitless - 1))
            except OSError as error:
                raise DataError(f"can't be written ({error.strerror or error}).", path=part) from error

    def _continue(self, url: str, part: Path) -> None:
        """Ask for what is missing; a server that doesn't resume sends everything again."""
        import requests

        done = part.stat().st_size if part.exists() else 0
        # An unchanged file is resumed byte by byte: a server's own compression would break the count.
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={done}-"} if done else {})}
        with requests.get(url, headers=headers, stream=True, timeout=(self.timeout, self.timeout)) as answer:
            if answer.status_code == 416:
                part.unlink()
                raise requests.exceptions.ConnectionError("the part that was there does not fit any more")
            answer.raise_for_status()
            resumed = answer.status_code == 206
            self._receive(answer, part, done if resumed else 0)

    def _receive(self, answer: Any, part: Path, done: int) -> None:
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length and length.isdecimal() else None
        with part.open("ab" if done else "wb") as stream:
            for chunk in answer.iter_content(_CHUNK):
                stream.write(chunk)
                done += len(chunk)
                self.progress(done, total)


_OFFLINE = "Check the connection and try again (it resumes), or download by hand and use --from-file."
_TLS = "A proxy or the clock may be the cause; or download by hand and use --from-file."


def _status(error: Any) -> str:
    return "no status" if error.response is None else f"HTTP status {error.response.status_code}"


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.Timeout):
        return "the server stopped answering"
    text = str(error)
    if "Name or service not known" in text or "NameResolution" in text or "getaddrinfo" in text:
        return "the name of the server can't be found; this machine seems to be offline"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate can't be verified"
    if "Read timed out" in text:
        return "the server stopped answering"
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in text:
        return "the connection broke off"
    return (
        "no connection"
        if isinstance(error, requests.exceptions.ConnectionError)
        else text.splitlines()[0][:200]
    )
