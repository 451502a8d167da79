"""`tastemap predict`, `evaluate` and `runs`: results on stdout, as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.api import evaluate, load_run
from core.cli._output import figure, note, print_json, print_lines, say
from core.contract import RegisteredArchitecture, Registry, load_plugins
from core.data import load_ratings
from core.errors import TastemapError, UsageError
from core.options import OptionField
from core.runs import Run, list_runs


def print_evaluation(
    name: str, data: str, reading: Mapping[str, object], plugins: Sequence[Path], as_json: bool
) -> None:
    """Print a run's errors on its held-out part or on all rows of another table."""
    registry = load_plugins(plugins)
    run = load_run(name, registry)
    if reading and not data:
        raise UsageError("Reading options go with --data.")
    table = load_ratings(data, reading, sources=registry.data_sources) if data else None
    result = evaluate(run, table)
    if as_json:
        print_json({"run": run.id, **asdict(result)})
        return
    print_lines(result.lines())


def print_runs(as_json: bool) -> None:
    """Print the saved runs; damaged ones with the reason."""
    rows = [_row_or_problem(folder) for folder in list_runs()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        if row["problem"]:
            say(f"{row['run']:<32} damaged: {row['problem']}")
            continue
        name, reached = ("nDCG", "val_ndcg") if row["objective"] == "ranking" else ("RMSE", "val_rmse")
        data, verdict = row["data"] or "?", f"val {name} {figure(row[reached])}"
        since = f"  from {row['parent']}" if row["parent"] else ""
        say(f"{row['run']:<32} {data:<24} {verdict:<16} {row['epochs']:>4} epochs  {row['state']}{since}")
    for leak in dict.fromkeys(row["leak"] for row in rows if row["leak"]):
        note(leak)
    if not rows:
        note("No runs yet: `tastemap train --data demo` makes one.")


def _row_or_problem(folder: Path) -> dict[str, Any]:
    try:
        return {**_row(Run.open(folder, Registry())), "problem": None}
    except TastemapError as error:
        known = {"run": folder.name, "state": "damaged", "path": str(folder), "problem": str(error)}
        return {**dict.fromkeys(_COLUMNS), **known}


_COLUMNS = (
    "run",
    "parent",
    "architecture",
    "data",
    "val_rmse",
    "epochs",
    "state",
    "created",
    "split_hash",
    "path",
    "leak",
)


def _row(run: Run) -> dict[str, Any]:
    return {
        "run": run.folder.name,  # what finds it: a copy says that it is its original
        "parent": run.config.parent.get("run"),
        "architecture": run.config.architecture,
        "data": run.config.data.get("name"),
        "objective": run.objective,
        "val_rmse": run.val_rmse,
        "val_ndcg": run.val_ndcg,
        "epochs": len(run.epochs),
        "state": run.state,
        "created": run.config.created,
        "split_hash": run.config.split.get("hash"),
        "leak": run.config.leak,
        "path": str(run.folder),
    }


def print_plugins(files: Sequence[Path], as_json: bool) -> None:
    """Print architectures with options and origin, then broken plugins; loads no Keras."""
    registry = load_plugins(files)
    architectures = [_describe(registered) for registered in registry.architectures.values()]
    broken = [asdict(plugin) for plugin in registry.broken]
    trackers = [
        {"name": tracker.name, "description": tracker.description} for tracker in registry.trackers.values()
    ]
    if as_json:
        print_json({"architectures": architectures, "trackers": trackers, "broken": broken})
        return
    for architecture in architectures:
        say(f"{architecture['name']}  {architecture['description']}  [{architecture['origin']}]")
        say(f"    recipes: {', '.join(architecture['recipes'])}")
        for option in architecture["options"]:
            say(f"    {option['flag']:<20} {option['default']!s:<8} {option['help']}")
    for tracker in trackers:
        say(f"tracker {tracker['name']}  {tracker['description']}")
    for plugin in broken:
        say(f"broken: {plugin['name']} [{plugin['origin']}]: {plugin['reason']}")


def print_findings(files: Sequence[Path], as_json: bool) -> int:
    """Print what `tastemap doctor` finds, as it is found, problems last; returns the exit code."""
    from core.cli.about import examine

    found = []
    for finding in examine(files):
        found.append(finding)
        if not as_json:
            heading = "" if len(found) > 1 and found[-2].group == finding.group else finding.group
            say(f"{heading:<10} {finding.name:<24} {finding.value}".rstrip())
    wrong = [one for one in found if one.problem]
    if as_json:
        problems = [f"{one.name}: {one.problem}" for one in wrong]
        print_json({"findings": [asdict(one) for one in found], "problems": problems})
    for one in wrong:
        note(f"{one.name}: {one.problem}")
    if not wrong and not as_json:
        say("nothing is wrong")
    return 1 if wrong else 0


def print_specification(command: Any, files: Sequence[Path]) -> None:
    """Print every command, option and view as JSON."""
    from core.cli.about import specification

    print_json(specification(command, load_plugins(files)))


def _describe(registered: RegisteredArchitecture) -> dict[str, Any]:
    architecture = registered.architecture
    return {
        "name": architecture.name,
        "description": architecture.description(),
        "origin": registered.origin,
        "recipes": sorted({"default", *architecture.recipes}),
        "options": [_option(field) for field in architecture.Options.fields()],
    }


def _option(field: OptionField) -> dict[str, Any]:
    told = ("name", "default", "help", "minimum", "maximum", "choices", "search", "flag")
    return {name: getattr(field, name) for name in told} | {"type": field.type.__name__}
