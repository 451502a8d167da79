"""A verdict as a Markdown file with its pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from core.errors import UsageError
from core.files import write_through
from core.pictures import Bar, Curves, Panel, intervals_svg
from core.readable import readable
from core.verdict.answer import Part, Standing, Verdict, cells, heading

_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>|#"})
AllCurves = Mapping[tuple[str, str], Mapping[str, tuple[float | None, ...]]]
AllLevels = Mapping[tuple[str, str], Mapping[str, float]]


def check_report(path: Path) -> None:
    """Raise UsageError for a file that is no Markdown, before anything is trained."""
    if path.suffix.lower() != ".md":
        raise UsageError(f"--report takes a file that ends in .md, not {path.name!r}.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {path.absolute().parent}.", hint="Make it first.")


def write_report(path: Path, verdict: Verdict, curves: AllCurves, levels: AllLevels) -> list[Path]:
    """Write the report and its pictures, all beside each other; returns their paths."""
    check_report(path)
    pictures = {f"{path.stem}-standings.svg": standings_svg(verdict)}
    for (split, measure), found in curves.items():
        name = f"{path.stem}-{split}-{measure.partition('@')[0].lower()}.svg"
        pictures[name] = Curves(dict(found), dict(levels.get((split, measure), {}))).to_svg()
    written = []
    text = "\n".join(_markdown(verdict, list(pictures)))
    for name, content in {path.name: f"{text}\n", **pictures}.items():
        file = path.parent / name
        _save(file, content)
        written.append(file)
    return written


def standings_svg(verdict: Verdict) -> str:
    """All standings in one picture, a panel a part."""
    panels = [
        Panel(
            f"{part.measure}, {part.split} ({'lower' if part.measure == 'RMSE' else 'higher'} is better)",
            tuple(Bar(one.name, one.figure, one.low, one.high, _role(part, one)) for one in part.standings),
        )
        for part in verdict.parts
    ]
    return intervals_svg(panels, f"Verdict on {verdict.data}")


def _role(part: Part, one: Standing) -> str:
    if one is part.best:
        return "best"
    if one.name == part.baseline:
        return "baseline"
    return "near" if one.leads else "other"


def _save(path: Path, text: str) -> None:
    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_through(path, write)


def _markdown(verdict: Verdict, pictures: list[str]) -> Iterator[str]:
    yield f"# Verdict on {_plain(verdict.data)}"
    yield ""
    yield (
        f"{verdict.row_count:,} {verdict.kind} of {verdict.users:,} users and {verdict.items:,} items; "
        f"judged in {verdict.seconds:.0f} s. Intervals are 95 %, differences paired by user."
    )
    yield ""
    yield from (f"- {_plain(line)}" for line in verdict.conclusions)
    yield ""
    yield f"![Standings with intervals]({pictures[0]})"
    for part in verdict.parts:
        yield ""
        yield f"## {_plain(part.measure)}, {_plain(part.split)}"
        yield ""
        yield f"{part.rows:,} rows of {part.users:,} users, split `{part.split_hash}`."
        yield ""
        yield from _table(part)
    if len(pictures) > 1:
        yield ""
        yield "## Curves"
    for name in pictures[1:]:
        yield ""
        yield f"![{_plain(name.removesuffix('.svg'))}, by epoch]({name})"
    if verdict.notes:
        yield ""
        yield "## Notes"
        yield ""
        yield from (f"- {_plain(note)}" for note in verdict.notes)


def _table(part: Part) -> Iterator[str]:
    heads = heading(part)
    yield "| " + " | ".join(map(_plain, heads)) + " |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    for row in cells(part):
        yield "| " + " | ".join(map(_plain, row)) + " |"


def _plain(text: str) -> str:
    """Somebody's text as Markdown that says it and does nothing."""
    return readable(text).translate(_ESCAPED)
