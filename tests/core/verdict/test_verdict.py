"""A verdict from end to end on a small table: by the command, in Python, by the engine, and stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import core
from core.contract import load_plugins
from core.data import Ratings, load_ratings
from core.engine._server import EngineServer
from core.errors import TastemapError, UsageError
from core.protocol import Event, Failed, Finished, Judge, Judged, PhaseChanged, Query, from_plain, to_plain
from core.training import Controls
from core.verdict import Contender, Judging, Verdict, check_report, contenders, wanted_splits
from tests.support import command, json_lines


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two groups of users with items of their own; most are there all along, some come later."""
    generator = np.random.default_rng(0)
    users, items = 80, 50
    same = (np.arange(users) % 2)[:, None] == (np.arange(items) % 2)[None, :]
    chosen = np.argwhere(generator.random((users, items)) < np.where(same, 0.5, 0.05))
    start = np.where(np.arange(users) < 56, 0, generator.integers(9_000, 40_000, users))
    lines = ["user,item,rating,time"]
    for user, item in chosen:
        value = np.clip(round(3 + (1.2 if same[user, item] else -1.5) + generator.normal(0, 0.5)), 1, 5)
        lines.append(f"u{user},i{item},{value},{int(start[user] + generator.integers(1, 10_000))}")
    path = tmp_path_factory.mktemp("rated") / "films | [x](y).csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_command_judges_writes_and_concludes(rated: Path, tmp_path: Path) -> None:
    report = tmp_path / "verdict.md"
    words = ["--data", str(rated), "--arch", "popularity,ease,bias", "--epochs", "1"]
    done = command("verdict", *words, "--report", str(report), "--json")
    assert done.returncode == 0, done.stderr
    found = from_plain(json_lines(done.stdout)[-1], Verdict)
    parts = {(part.measure, part.split): part for part in found.parts}
    assert {split for _, split in parts} == {"random", "time", "time, new users", "newcomers"}
    names = {one.name for one in parts["nDCG@10", "newcomers"].standings}
    assert names == {"bias", "ease", "popularity", "popularity at the time"}
    assert {one.name for one in parts["RMSE", "time"].standings} == {"bias", "damped means"}
    for split in ("random", "newcomers"):
        assert parts["nDCG@10", split].best.name == "ease"
        assert parts["nDCG@10", split].standing("ease").from_baseline.low > 0
    assert any(line.startswith("So to rank, take") for line in found.conclusions)
    assert sum("--split time doesn't" in note for note in found.notes) == 1
    text = report.read_text(encoding="utf-8")
    assert all(f"- {line[:20]}" in text for line in found.conclusions)
    assert "[x](y)" not in text.replace("\\", "\0")
    for picture in sorted(report.parent.glob("*.svg")):
        assert picture.name in text
        assert picture.read_text(encoding="utf-8").startswith("<svg")
    assert json.loads(command("runs", "--json").stdout) == []


def judging(table: Ratings, events: list[Event], *names: str, **more: object) -> Judging:
    chosen = [Contender(name, "ranking", rates=False) for name in names]
    splits, notes = wanted_splits("", table)
    return Judging(table, chosen, splits, load_plugins(), events.append, notes=notes, **more)


def test_interactions_without_times_are_judged_by_what_they_have(rated: Path, tmp_path: Path) -> None:
    bare = tmp_path / "taken.csv"
    rows = [line.split(",")[:2] for line in rated.read_text(encoding="utf-8").splitlines()]
    bare.write_text("".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
    verdict = judging(load_ratings(bare), [], "ease").verdict()
    assert verdict is not None
    assert {(part.measure, part.split) for part in verdict.parts} == {
        ("nDCG@10", "random"),
        ("nDCG@10", "newcomers"),
    }
    assert {one.name for one in verdict.parts[0].standings} == {"ease", "popularity"}
    assert any("has no times" in note for note in verdict.notes)
    assert contenders("", load_plugins(), load_ratings(bare))[0].name == "bias"
    assert from_plain(to_plain(verdict), Verdict) == verdict


def test_python_judges_and_gets_a_frame(rated: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    found = core.judge(
        rated, ["ease"], splits="newcomers", report=tmp_path / "v.md", on_event=told.append, epochs=1
    )
    assert found is not None
    frame = found.to_frame()
    assert list(frame["split"].unique()) == ["newcomers"]
    ranked = frame[frame["measure"] == "nDCG@10"].set_index("name")
    assert ranked.index[0] == "ease"
    assert ranked.loc["ease", "verdict"] == "better"
    assert ranked.loc["ease", "from_baseline_low"] > 0
    assert np.isnan(ranked.loc["popularity", "from_baseline_difference"])
    assert found.to_arrow().num_rows == len(frame)
    assert "<table>" in found._repr_html_()
    assert "nDCG@10, newcomers: 16 users are too few to conclude anything." in repr(found)
    assert (tmp_path / "v-newcomers-ndcg.svg").exists(), "a report has the curves"
    assert any(isinstance(event, PhaseChanged) and event.phase == "judging" for event in told)


def test_who_cannot_be_trained_is_told_and_ends_no_other(tmp_path: Path) -> None:
    file = tmp_path / "thin.csv"  # every item has two likes: too few for links
    rows = [f"u{user},i{(user * 7 + step) % 30},{4 + step % 2}" for user in range(12) for step in range(5)]
    file.write_text("user,item,rating\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = core.judge(file, "ease,bias", splits="random", epochs=1)
    assert found is not None
    assert "bias" in {one.name for part in found.parts for one in part.standings}
    assert any("ease isn't judged on the split random" in note for note in found.notes)
    with pytest.raises(TastemapError, match="two items with enough likes"):
        core.judge(file, "ease", splits="random")


def test_a_stopped_verdict_is_none(rated: Path) -> None:
    stopped = Controls()
    stopped.stop()
    events: list[Event] = []
    assert judging(load_ratings(rated), events, "ease", controls=stopped).verdict() is None
    assert not any(isinstance(event, Finished) and event.reason != "stopped" for event in events)


def test_the_engine_judges_and_answers_meanwhile(rated: Path) -> None:
    events: list[Event] = []
    server = EngineServer(load_plugins(), events.append)
    server.controls.send(Query(request="1", view="summary", run=None))
    server.obey(Judge(data=str(rated), contenders="ease"))
    assert isinstance(events[-1], Judged)
    assert from_plain(to_plain(events[-1].verdict), Verdict).parts
    assert any(isinstance(event, Failed) and event.request == "1" for event in events), "nothing trains"
    assert {type(event) for event in events} == {PhaseChanged, Judged, Failed}


def test_wrong_words_are_refused(rated: Path, tmp_path: Path) -> None:
    table, registry = load_ratings(rated), load_plugins()
    with pytest.raises(UsageError, match="ease can't be trained for 'rating'"):
        contenders("ease:rating", registry, table)
    with pytest.raises(UsageError, match="knows no split 'kfold'"):
        wanted_splits("kfold", table)
    with pytest.raises(UsageError, match="Name an architecture"):
        contenders("popularity", registry, table)
    with pytest.raises(UsageError, match=r"ends in \.md"):
        check_report(tmp_path / "verdict.txt")
    with pytest.raises(UsageError, match="There is no folder"):
        check_report(tmp_path / "nowhere" / "verdict.md")
