"""Trainings whose split has newcomers tell one figure in their events, in the saved run and in its views."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import train
from core.api import evaluate
from core.errors import UsageError
from core.protocol import Event, Finished, RunStarted
from core.views.quality import Ranking


def heard(tmp_path: Path, architecture: str, **settings: object) -> tuple[object, RunStarted, Finished]:
    events: list[Event] = []
    run = train("demo", architecture, on_event=events.append, folder=tmp_path / "run", **settings)
    (started,) = (event for event in events if isinstance(event, RunStarted))
    (finished,) = (event for event in events if isinstance(event, Finished))
    return run, started, finished


def test_newcomers_are_judged_by_folding_them_in(tmp_path: Path) -> None:
    run, started, finished = heard(tmp_path, "bias", split="newcomers", epochs=8)
    assert started.split["given_ratings"] > 3 * started.split["test_ratings"]
    assert finished.val_rmse is not None
    assert finished.baseline_rmse is not None
    assert finished.val_rmse < finished.baseline_rmse - 0.1
    measured = evaluate(run)
    assert measured.rmse == pytest.approx(finished.val_rmse, abs=1e-5)
    assert measured.fallbacks == 0
    assert any("drawn whatever the times" in note for note in started.notes)


def test_newcomers_are_ranked_for_by_what_they_took(tmp_path: Path) -> None:
    run, _, finished = heard(tmp_path, "ease", split="newcomers", objective="ranking")
    assert finished.val_ndcg is not None
    assert finished.val_ndcg > 0.2  # by chance it would be about 0.02
    asked = run.ask(Ranking())
    assert asked.model.ndcg == pytest.approx(finished.val_ndcg, abs=1e-6)
    assert asked.popularity.ndcg == pytest.approx(finished.baseline_ndcg, abs=1e-6)


def test_what_comes_later_of_new_users_is_judged_apart(tmp_path: Path) -> None:
    run, started, finished = heard(tmp_path, "bias", split="time", since="", epochs=8)
    new_users, new_items = started.split["new_users"], started.split["new_items"]
    apart = {one.name: one for one in finished.apart}
    for name, counted in (("new users", new_users), ("new items", new_items)):
        assert (name in apart) == bool(counted["rows"])
    assert apart["new users"].rows == new_users["rows"]
    assert apart["new users"].rmse < apart["new users"].baseline_rmse
    assert evaluate(run).rmse == pytest.approx(finished.val_rmse, abs=1e-5)


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--from goes with --split time"):
        train("demo", "bias", since="2001", folder=tmp_path / "a")
    with pytest.raises(UsageError, match="--split newcomers judges on one device"):
        train("demo", "bias", split="newcomers", strategy="mirrored", devices=2, folder=tmp_path / "b")
