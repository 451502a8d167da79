"""What the `tastemap data` commands do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli._output import print_json, say, warn
from core.contract import load_plugins
from core.data import Ratings, convert, describe, load_ratings, preview
from core.data.fetching import Progress, all_datasets, fetch, list_datasets, silent
from core.errors import UsageError
from core.readable import readable

_UNSAID: tuple[object, ...] = ("", None, 0, [], ())
_COLOURS = {
    "user": "cyan",
    "item": "magenta",
    "title": "magenta",
    "rating": "green",
    "weight": "green",
    "time": "yellow",
}
_COLUMN_OF = {"title": "title_column", "weight": "rating_column"}
_WIDTH = 40


def print_datasets(plugins: Sequence[Path], as_json: bool) -> None:
    """Print the data sets that have a name."""
    datasets = list_datasets(load_plugins(plugins).data_sources)
    if as_json:
        print_json(datasets)
        return
    for dataset in datasets:
        here = "here " if dataset["fetched"] else "     "
        say(f"{dataset['name']:<16} {here} {dataset['description']}")


def print_description(
    source: str, options: Mapping[str, object], plugins: Sequence[Path], as_json: bool
) -> None:
    """Print what a table holds and how it was read."""
    table = _load(source, options, plugins)
    told, shown = describe(table), preview(table)
    if as_json:
        print_json({**told, **shown})
    else:
        print_described(told, shown, options)


def fetch_dataset(
    name: str, from_file: Path | None, accept_licence: bool, plugins: Sequence[Path], as_json: bool
) -> None:
    """Fetch a data set once its licence is accepted, with a progress bar where a person watches."""
    sources = load_plugins(plugins).data_sources
    known = all_datasets(sources)
    accepted = accept_licence or (name in known and _ask(known[name].licence))
    with _progress_bar(name) as progress:
        fetched = fetch(
            name, accept_licence=accepted, from_file=from_file, progress=progress, sources=sources
        )
    if as_json:
        print_json(asdict(fetched))
    else:
        say(str(fetched.path))
        say(f"{fetched.size:,} bytes, {fetched.message}")
        say(f"Train on it: tastemap train --data {name}")


def convert_table(
    source: str,
    target: Path,
    overwrite: bool,
    spreadsheet: bool,
    options: Mapping[str, object],
    plugins: Sequence[Path],
    as_json: bool,
) -> None:
    """Write a table in another form."""
    written = convert(_load(source, options, plugins), target, overwrite, spreadsheet)
    if as_json:
        print_json(written)
    else:
        say(f"{written['rows']:,} ratings in {written['ratings']}, titles in {written['items']}")


def _load(source: str, reading: Mapping[str, object], plugins: Sequence[Path]) -> Ratings:
    return load_ratings(source, reading, sources=load_plugins(plugins).data_sources)


def _ask(licence: str) -> bool:
    """Show the licence and ask, where a person can answer; elsewhere it is not accepted."""
    if not sys.stdin.isatty():
        return False
    for line in licence.splitlines():
        warn(line)
    warn("Accept this licence? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    raise UsageError("The licence was not accepted; nothing was fetched.")


@contextmanager
def _progress_bar(name: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress as Bar, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(readable(name), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_described(told: dict[str, Any], shown: Mapping[str, Any], asked: Mapping[str, object]) -> None:
    """Print `describe` and `preview` of a table for people; `asked` are the reading options given."""
    scale, reading = told.pop("scale"), told.pop("reading")
    repairs, warnings = told.pop("repairs"), told.pop("warnings")
    for name, value in {**told, "scale": f"{scale['minimum']:g} … {scale['maximum']:g}"}.items():
        say(f"{name.replace('_', ' '):<14} {_plain(value)}")
    for name, value in reading.items():
        if value not in _UNSAID and (name, value) != ("missing", "error") and name != "source":
            say(f"{'read with':<14} {name} = {_shown(value)}{_why(name, reading, asked)}")
    for repair in repairs:
        say(f"{'repaired':<14} {_shown(repair['message'])}")
    for warning in warnings:
        say(f"{'warning':<14} {_shown(warning['message'])}")
    _print_rows(shown["first_rows"], reading)
    for name, bars in shown["spread"].items():
        _print_bars(name, bars)


def _why(name: str, reading: Mapping[str, Any], asked: Mapping[str, object]) -> str:
    """Whether a choice was asked for, or what it was guessed from."""
    if name in asked:
        return "  (asked for)"
    if not name.endswith("_column") or reading[name] == "none":
        return ""
    if reading.get("layout") == "wide":
        return "  (of the matrix)"
    return "  (guessed by its place)" if reading.get("header") == "no" else "  (guessed by its name)"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return " … ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else _shown(value)


def _shown(value: object) -> str:
    return readable(str(value))


def _print_rows(rows: Sequence[Mapping[str, object]], reading: Mapping[str, Any]) -> None:
    """The first rows, each column headed by its role and the name of its column, in colour on a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="first rows, as understood", title_justify="left", box=None, pad_edge=False)
    for role in rows[0]:
        column = str(reading.get(_COLUMN_OF.get(role, f"{role}_column")) or "")
        name = f" ({_shown(column)})" if column and column != "none" else ""
        table.add_column(Text(f"{role}{name}"), style=_COLOURS[role], header_style=f"bold {_COLOURS[role]}")
    for row in rows:
        table.add_row(*(Text(_cut(_shown(cell))) for cell in row.values()))
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print()
    console.print(table)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _print_bars(name: str, bars: Sequence[tuple[str, int]]) -> None:
    """A histogram in text: one bar a line, as long as its share of the highest."""
    mark = "█" if (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf16") else "#"
    wide, highest = max(len(label) for label, _ in bars), max(count for _, count in bars)
    say()
    say(name)
    for label, count in bars:
        bar = mark * (round(_WIDTH * count / highest) if highest else 0)
        say(f"{label:>{wide}}  {bar} {count:,}".rstrip())
