"""Writes the README's tables of figures from what the benchmarks kept (`figures/*.json`).

usage: python tests/benchmarks/readme.py [--check]

Each table stands between `<!-- figures: NAME -->` and `<!-- end of figures -->`. A figure whose recipe has
changed since it was measured gets a † and a line that says so; below each table stands when, where and by
which command it was measured. `--check` writes nothing and ends with 1 where the README isn't what it would
be.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measured import Figure, Figures, read

README = Path(__file__).parents[2] / "README.md"
_PLACE = re.compile(
    r"(?<=<!-- figures: )(?P<name>\w+)(?P<mark> -->\n).*?(?=<!-- end of figures -->)", re.DOTALL
)

Cells = Sequence[str]


@dataclass(frozen=True)
class Layout:
    """A table: its columns (a colon at the end aligns right) and its lines from the kept figures."""

    head: Cells
    lines: Callable[[Figures], Iterator[Cells]]


def shown(figures: Figures, figure: Figure | None, form: str) -> str:
    """A figure's values in a form like "{rmse:.4f}"; "" where it wasn't measured, † where it is stale."""
    if figure is None:
        return ""
    return form.format(**figure.values) + (" †" if figures.is_stale(figure) else "")


def rows_of(figures: Figures) -> list[str]:
    """The rows in the order in which they were first kept."""
    return list(dict.fromkeys(one.row for one in figures.figures))


_SCORES = {
    "dot": "user factors · item factors, on top of damped means",
    "bias": "dot + user bias + item bias",
    "nn": "`bias` + a small net over factors of its own (alone in `notebook`)",
    "ease": "ranks: weights from item to item in closed form, times what the user took",
    "stack": "ranks: `ease` and softmax factors added up, both from what the user took",
    "bayes": "posterior mean of `bias` by Gibbs sampling, with who rated what, "
    "and beside what, genres and years as side features",
}


def _architectures(figures: Figures) -> Iterator[Cells]:
    for name, score in _SCORES.items():
        cells = [
            shown(figures, figures.find(name, column), "{rmse:.3f}") for column in ("default", "notebook")
        ]
        itself = shown(figures, figures.find(name, "the notebook itself"), "{rmse}")
        yield f"`{name}`", score, *cells, itself


RATES = ("bias", "dot", "nn", "bayes")


_MEANS, _PLANTED = "damped means", "what was planted"


def _of_tables(*columns: str) -> Layout:
    """A line a table, its ratings, and the RMSE of each column."""

    def lines(figures: Figures) -> Iterator[Cells]:
        for row in rows_of(figures):
            count = shown(figures, figures.find(row, "ratings"), "{count:,.0f}")
            yield row, count, *(shown(figures, figures.find(row, one), "{rmse:.4f}") for one in columns)

    heads = (f"`{name}`:" if name in RATES else f"{name}:" for name in columns)
    return Layout(("table", "ratings:", *heads), lines)


def _peers(figures: Figures) -> Iterator[Cells]:
    for figure in sorted(figures.figures, key=lambda one: float(one.values["rmse"])):
        spread = "{rmse:.4f} ± {deviation:.4f}" if "deviation" in figure.values else "{rmse:.4f}"
        timed = "fit" in figure.values
        seconds = [form.format(**figure.values) if timed else "" for form in ("{fit:.2f}", "{whole:.1f}")]
        once = "" if {"deviation", "seeds"} & figure.values.keys() else " *"
        yield figure.row, f"{figure.column}{once}", shown(figures, figure, spread), *seconds


def _speed(figures: Figures) -> Iterator[Cells]:
    for figure in figures.figures:
        own, other = float(figure.values["own"]), float(figure.values["keras"])
        yield (
            figure.row.replace("nn", "nn (the notebook's net)"),
            f"{other:,.0f}",
            f"{own:,.0f}",
            f"{float(figure.values['ratio']):.0f}×",
        )


def _scale(figures: Figures) -> Iterator[Cells]:
    for row in rows_of(figures):
        cpu, *gpus = (figures.find(row, one) for one in ("bias, cpu", "bias, gpu", "nn, gpu"))
        millions = [shown(figures, one, "{speed:.0f}M/s") for one in gpus]
        own = [shown(figures, cpu, form) for form in ("{speed:.1f}M/s", "{gigabytes:.1f} GB")]
        yield *row.split(" × "), *own, *millions


def _ranking(figures: Figures) -> Iterator[Cells]:
    for figure in figures.figures:
        yield figure.row, *(shown(figures, figure, f"{{{one}:.3f}}") for one in ("liked", "all"))


_RANKERS = ("popularity", "EASE", "implicit ALS", "bias", "ease", "stack")


def _ranking_tables(figures: Figures) -> Iterator[Cells]:
    for row in rows_of(figures):
        yield row, *(shown(figures, figures.find(row, one), "{ndcg:.4f}") for one in _RANKERS)


_WITHIN = ("50", "80", "90", "95")


def _calibration(figures: Figures) -> Iterator[Cells]:
    for figure in figures.figures:
        covered = [f"{{within {share}%:.1%}}" for share in _WITHIN]
        yield figure.row, f"`{figure.column}`", *(shown(figures, figure, form) for form in covered)


def _moments(figures: Figures) -> Iterator[Cells]:
    for figure in figures.figures:
        forms = ("{baseline_rmse:.4f}", "{val_rmse:.4f}", "{moment_rmse:.4f}")
        cells = (shown(figures, figure, form) for form in forms)
        yield *figure.row.split(" × "), f"`{figure.column}`", *cells


TABLES = {
    "architectures": Layout(
        (
            *("architecture", "score", "defaults, val RMSE:", "`--recipe notebook`:"),
            "the notebook itself:",
        ),
        _architectures,
    ),
    "defaults": _of_tables(_MEANS, *RATES),
    "made": _of_tables(_MEANS, *RATES, _PLANTED),
    "peers": Layout(("who", "model", "val RMSE:", "fit, s:", "with start, compile, s:"), _peers),
    "training_speed": Layout(
        ("architecture", "Keras fit, ratings/s:", "Tastemap, ratings/s:", "ratio:"), _speed
    ),
    "training_scale": Layout(
        (
            *("ratings:", "users:", "items:", "`bias`, 2 CPU cores:", "memory:", "`bias`, GPU:"),
            "`nn`, GPU:",
        ),
        _scale,
    ),
    "ranking_tables": Layout(
        ("table", "popularity:", "EASE:", "implicit ALS:", "`bias`:", "`ease`:", "`stack`:"), _ranking_tables
    ),
    "calibration": Layout(
        ("table", "architecture", *(f"within {share} %:" for share in _WITHIN)), _calibration
    ),
    "moments": Layout(
        ("table", "split", "architecture", "damped means:", "val RMSE:", "knowing when:"), _moments
    ),
    "ranking": Layout(("model", "nDCG@10, from 3.875:", "nDCG@10, all:"), _ranking),
}


def table(name: str) -> str:
    """A table in Markdown, and when and how its figures were measured."""
    layout, figures = TABLES[name], read(name)
    lines = list(layout.lines(figures))
    rule = "|".join("---:" if title.endswith(":") else "---" for title in layout.head)
    head = [" | ".join(title.removesuffix(":") for title in layout.head), *map(" | ".join, lines)]
    rows = [f"| {row} |".replace("|  |", "| |").replace("|  |", "| |") for row in head]
    return "\n".join([rows[0], f"|{rule}|", *rows[1:], "", *_told(figures), ""])


def _told(figures: Figures) -> Iterator[str]:
    """When and how, a line each; the words of one command once, with the latest of its dates."""
    if any(figures.is_stale(one) for one in figures.figures):
        yield "† measured before today's recipe; the command below measures it anew.\n"
    dates: dict[tuple[str, str], list[str]] = {}
    for one in figures.figures:
        dates.setdefault((one.command, one.machine), []).append(one.date)
    for (command, machine), days in dates.items():
        when = min(days) if min(days) == max(days) else f"{min(days)} to {max(days)}"
        where = f", {machine}" if machine else ""
        yield f"- {command if command[:1] != 'p' else f'`{command}`'}: {when}{where}"


def rewritten(document: str) -> str:
    """The document with its tables as they should be."""
    return _PLACE.sub(lambda found: f"{found['name']}{found['mark']}{table(found['name'])}", document)


def main() -> int:
    """Write the README, or say where it differs."""
    before = README.read_text(encoding="utf-8")
    after = rewritten(before)
    if "--check" not in sys.argv[1:]:
        README.write_text(after, encoding="utf-8")
        return 0
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "README.md", "figures", lineterm="")
    print("\n".join(lines))
    return int(before != after)


if __name__ == "__main__":
    sys.exit(main())
