"""Figures that benchmarks measured, kept beside them, from which the README's tables are written.

usage: python tests/benchmarks/measured.py TABLE ROW COLUMN NAME=VALUE … [--architecture bias]
       [--recipe default] [--objective auto] [--command "python …"] [--date 2026-11-26] [--machine …]

Benchmarks call `keep` where `--keep` asks them to; the command line keeps figures that a log shows. Each
figure says when, where and by which command it was measured, with which version and, where it is Tastemap's
own, with which recipe: `readme.py` marks those whose recipe has changed since.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "figures"
UNKNOWN = "unknown"
"""The recipe of a figure from before recipes were kept."""

_SAYS_NOTHING = {"seed", "split_seed", "device"}
"""Settings that the benchmark's command says, or that change seconds alone."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured for a cell of a table: `values` by name; `recipe` is "" for others'."""

    row: str
    column: str
    values: Mapping[str, float | str]
    date: str
    machine: str
    command: str
    version: str = ""
    recipe: str = ""


@dataclass
class Figures:
    """The figures of a table in the order of its rows, and the recipes that they name."""

    figures: list[Figure] = field(default_factory=list)
    recipes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def find(self, row: str, column: str = "") -> Figure | None:
        """The figure of a cell; None where it was never measured."""
        return next((one for one in self.figures if (one.row, one.column) == (row, column)), None)

    def is_stale(self, figure: Figure) -> bool:
        """Whether its recipe is no more what it was; a setting that is new since doesn't count."""
        if not figure.recipe:
            return False
        kept = self.recipes.get(figure.recipe)
        return kept is None or not _still(kept)


def read(table: str) -> Figures:
    """The kept figures of a table."""
    path = FOLDER / f"{table}.json"
    if not path.exists():
        return Figures()
    told = json.loads(path.read_text(encoding="utf-8"))
    return Figures([Figure(**one) for one in told["figures"]], told["recipes"])


def keep(
    table: str,
    row: str,
    column: str,
    values: Mapping[str, float | str],
    recipe: Mapping[str, Any] | None = None,
    **said: str,
) -> None:
    """Keep a cell's figures in place of older ones; `said` may give date, machine and command."""
    figures = read(table)
    name = "" if recipe is None else _name_of(recipe)
    facts = {"date": today(), "machine": machine(), "command": own_command(), **said}
    fresh = Figure(row=row, column=column, values=values, version=version("tastemap"), recipe=name, **facts)
    before = figures.find(row, column)
    place = figures.figures.index(before) if before else len(figures.figures)
    figures.figures[place : place + (before is not None)] = [fresh]
    if recipe is not None:
        figures.recipes[name] = dict(recipe)
    write(table, figures)


def write(table: str, figures: Figures) -> None:
    """Write a table's figures, without recipes that none of them names."""
    used = {one.recipe for one in figures.figures}
    told = {
        "figures": [asdict(one) for one in figures.figures],
        "recipes": {name: recipe for name, recipe in sorted(figures.recipes.items()) if name in used},
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{table}.json").write_text(f"{json.dumps(told, indent=1, ensure_ascii=False)}\n", "utf-8")


def recipe_of(architecture: str, recipe: str = "default", objective: str = "auto", **given: Any) -> Any:
    """All options and settings of a recipe as they are now, `given` laid over it, ready for `keep`."""
    from core import load_plugins
    from core.contract import resolve, settle, used_settings

    found = load_plugins().architecture(architecture)
    settings = {**given, **({} if objective == "auto" else {"objective": objective})}
    chosen = settle(resolve(found, recipe, settings=settings), has_ratings=True)
    used = used_settings(found, chosen.settings.to_dict())
    return {
        "architecture": architecture,
        "recipe": recipe,
        "objective": objective,
        "given": given,
        "options": chosen.options.to_dict(),
        "settings": {name: value for name, value in used.items() if name not in _SAYS_NOTHING},
    }


def _still(kept: Mapping[str, Any]) -> bool:
    from core.errors import TastemapError

    try:
        now = recipe_of(kept["architecture"], kept["recipe"], kept["objective"], **kept["given"])
    except TastemapError:
        return False
    plain = json.loads(json.dumps(now))
    return all(
        plain[part].get(name) == value
        for part in ("options", "settings")
        for name, value in kept[part].items()
    )


def _name_of(recipe: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:8]
    return f"{recipe['architecture']} {recipe['recipe']} {recipe['objective']} {digest}"


def today() -> str:
    """The date in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def machine() -> str:
    """The processor and how many cores of it there are."""
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


def own_command() -> str:
    """This process's command, with the paths of data left out."""
    words = [Path(sys.argv[0]).name, *(Path(word).name if "/" in word else word for word in sys.argv[1:])]
    return f"python tests/benchmarks/{shlex.join(words)}"


def main() -> None:
    """Keep figures that a log shows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("table", "row", "column"):
        parser.add_argument(name)
    parser.add_argument("values", nargs="+", metavar="NAME=VALUE")
    parser.add_argument("--architecture")
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--objective", default="auto")
    for name in ("command", "date", "machine"):
        parser.add_argument(f"--{name}")
    asked = parser.parse_args()
    values = {name: float(value) for name, _, value in (pair.partition("=") for pair in asked.values)}
    recipe = recipe_of(asked.architecture, asked.recipe, asked.objective) if asked.architecture else None
    said = {name: getattr(asked, name) for name in ("command", "date", "machine") if getattr(asked, name)}
    keep(asked.table, asked.row, asked.column, values, recipe, **said)


if __name__ == "__main__":
    main()
