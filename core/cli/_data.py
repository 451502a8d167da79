"""What the `tastemap data` commands do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from core.cli._described import print_described
from core.cli._output import print_json, say, warn
from core.contract import load_plugins
from core.data import Ratings, convert, describe, load_ratings, preview
from core.data.fetching import Progress, all_datasets, fetch, list_datasets, silent
from core.errors import UsageError
from core.readable import readable


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
