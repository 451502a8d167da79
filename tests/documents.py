"""Documents whose code runs: blocks of Python and commands, each with what it printed.

A fenced block of `text` after one of `python` or `sh` is what that printed; else the output isn't kept.
Python blocks share their names and end like a cell of a notebook: the last expression is shown.
`python -m tests.documents docs/notebook.md` runs a document and writes its outputs anew.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_RUN_ID = re.compile(r"\b([a-z]+)-\d{8}-\d{6}-[0-9a-f]{4}\b")
_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e-?\d+)?|-?\.\d+")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where the text starts and ends in the document."""

    language: str
    text: str
    start: int
    end: int


def blocks(document: str, *languages: str) -> list[Block]:
    """The fenced blocks of a document, of some languages where any are named."""
    found = (Block(one[1], one[2], one.start(2), one.end(2)) for one in _BLOCK.finditer(document))
    return [block for block in found if not languages or block.language in languages]


def commands(text: str) -> list[list[str]]:
    """The words of each `tastemap` command of a block; comments are left out."""
    lines = (shlex.split(line, comments=True) for line in text.replace("\\\n", " ").splitlines())
    return [words[1:] for words in lines if words and words[0] == "tastemap"]


def run_python(text: str, names: dict[str, Any]) -> str:
    """Run a block as a notebook runs a cell; returns what it printed and its last expression."""
    tree, told = ast.parse(text), io.StringIO()
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(told):
        exec(compile(tree, "<document>", "exec", dont_inherit=True), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<document>", "eval", dont_inherit=True), names)
            if value is not None:
                print(repr(value))
    return told.getvalue()


def run_commands(text: str) -> str:
    """Run a block's commands in this process; returns what they printed on standard output."""
    from tests.support import command

    return "".join(command(*words).stdout for words in commands(text))


def executed(document: str, names: dict[str, Any] | None = None) -> Iterator[tuple[Block, str, Block | None]]:
    """Run a document's blocks in order: each with what it printed and the block that keeps that.

    `names` are those that Python blocks share.
    """
    names = {} if names is None else names
    found = blocks(document, "python", "sh", "text")
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language == "text":
            continue
        printed = run_python(block.text, names) if block.language == "python" else run_commands(block.text)
        kept = after if after is not None and after.language == "text" else None
        yield block, cleaned(printed), kept


def cleaned(printed: str) -> str:
    """Output without what differs from run to run: ids, and spaces at the ends of lines."""
    lines = (_RUN_ID.sub(r"\1-20170101-000000-0000", line).rstrip() for line in printed.splitlines())
    return "".join(f"{line}\n" for line in lines)


def rewritten(document: str) -> str:
    """The document with the outputs of now."""
    changes = [(kept, printed) for _, printed, kept in executed(document) if kept is not None]
    for kept, printed in reversed(changes):
        document = document[: kept.start] + printed + document[kept.end :]
    return document


def differences(kept: str, printed: str, tolerance: float = 0.03, alike: float = 0.75) -> list[str]:
    """Where two outputs differ more than another machine explains.

    Figures may differ by `tolerance`, of themselves or absolutely, and close figures may change places in a
    list: `alike` is the share of lines that must be there in the same words.
    """
    before, after = kept.splitlines(), printed.splitlines()
    words = [[_NUMBER.sub("#", " ".join(line.split())) for line in lines] for lines in (before, after)]
    pairs = [
        (one.a + place, one.b + place)
        for one in difflib.SequenceMatcher(None, *words, autojunk=False).get_matching_blocks()
        for place in range(one.size)
    ]
    told = [
        f"{before[a]!r} is now {after[b]!r}" for a, b in pairs if not _close(before[a], after[b], tolerance)
    ]
    if len(pairs) < alike * max(len(before), len(after)):
        told.append(f"only {len(pairs)} of {len(before)} lines are as they were:\n{printed}")
    return told


def _close(before: str, after: str, tolerance: float) -> bool:
    numbers = ([float(one.replace(",", "")) for one in _NUMBER.findall(line)] for line in (before, after))
    return all(abs(a - b) <= tolerance * max(1.0, abs(a)) for a, b in zip(*numbers, strict=True))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name).absolute()
        with contextlib.chdir(os.environ.get("TASTEMAP_TEST_DATA", ".")):
            path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
