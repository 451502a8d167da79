"""Record a tour of the screen in a real terminal: `python -m tests.tui.tour` writes tui/tour.cast.

The file is an asciinema recording (version 2): `asciinema play tui/tour.cast` shows it. Pauses in which
nothing is drawn are shortened.
"""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import tui

CAST = Path(tui.__file__).parent / "tour.cast"
COLUMNS, ROWS = 100, 30
LONGEST_PAUSE = 1.5
"""Seconds; more of nothing is cut."""
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "left": "\x1b[D",
    "right": "\x1b[C",
}

TOUR: tuple[tuple[Sequence[str], str, float], ...] = (
    ((), "CPU (", 2),
    (("s",), "Done", 2),
    (("left", "left", "left"), "epoch", 2),
    (("escape", "v"), "", 2),
    (("2",), "predicted", 4),
    (tuple("alien"), "Alien", 3),
    (("enter",), "", 4),
    (("down", "down"), "", 2),
    (("enter",), "", 4),
    (("escape",), "Alien", 2),
    (("4",), "Map of items", 4),
    (("/", *"star wars", "enter"), "Star Wars", 3),
    (("s",), "Most similar to", 3),
    (("+", "+"), "", 2),
    (("0", "t"), "", 2),
    (("t", "c", "c"), "bias", 2),
    (("escape", "v", "right", "right", "up", "enter"), "predicted", 3),
    (("escape", "escape", "7"), "For you", 3),
    (("5",), "near you", 2),
    (("4",), "lean", 2),
    ((" ", "1"), "near you", 2),
    (("c",), "The taste of", 4),
    (("escape", "\x10"), "Find anything", 2),
    (tuple("matrix"), "(1999)", 3),
    (("enter",), "for user", 3),
    (("q",), "\x1b[?1049l", 1),
)
"""Keys, what is then waited for (at most `LONGEST_WAIT`), and how long it is looked at, in seconds."""
LONGEST_WAIT = 60.0


def played(words: Sequence[str]) -> Iterator[tuple[float, bytes]]:
    """Run a command in a terminal of its own, press the tour's keys, give what it writes with the time."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
        os.execvp(words[0], list(words))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began = time.monotonic()
    for keys, word, seconds in TOUR:
        seen = bytearray()
        for key in keys:
            os.write(terminal, KEYS.get(key, key).encode())
            yield from _written(terminal, began, 0.25, seen)
        yield from _written(terminal, began, LONGEST_WAIT if word else 0.0, seen, word.encode())
        if word.encode() not in seen:
            raise SystemExit(f"After {keys} came no {word!r}.")
        yield from _written(terminal, began, seconds, seen)
    os.close(terminal)
    os.waitpid(child, 0)


def _written(
    terminal: int, began: float, seconds: float, seen: bytearray, word: bytes = b""
) -> Iterator[tuple[float, bytes]]:
    """What is written in so many seconds, added to `seen`, or until a word was seen."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not (word and word in seen):
        if select.select([terminal], [], [], left)[0]:
            try:
                block = os.read(terminal, 65536)
            except OSError:
                return  # it has ended
            yield time.monotonic() - began, block
            seen += block


def shortened(blocks: Iterator[tuple[float, bytes]]) -> Iterator[tuple[float, str]]:
    """Cut long pauses, and decode."""
    decoder, cut, last = codecs.getincrementaldecoder("utf-8")("replace"), 0.0, 0.0
    for moment, block in blocks:
        cut += max(0.0, moment - last - LONGEST_PAUSE)
        last = moment
        text = decoder.decode(block)
        if text:
            yield round(moment - cut, 3), text


def main() -> None:
    """Record."""
    for variable in ("TASTEMAP_RUNS", "TASTEMAP_CONFIG"):
        os.environ[variable] = tempfile.mkdtemp()
    words = [sys.executable, "-c", "from core.cli import main; main()"]
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "title": "Tastemap",
        "env": {"TERM": "xterm-256color"},
    }
    with CAST.open("w", encoding="utf-8") as file:
        file.write(f"{json.dumps(header)}\n")
        for moment, text in shortened(played(words)):
            file.write(f"{json.dumps([moment, 'o', text], ensure_ascii=False)}\n")


if __name__ == "__main__":
    main()
