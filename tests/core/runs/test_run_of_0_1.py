"""A run folder that version 0.1 wrote opens, predicts what it predicted there, and goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.api import evaluate, resume
from core.data import load_ratings
from core.runs import Run
from tests.support import make_ratings, write_csv


@pytest.fixture(name="old")
def _old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A copy of the folder, beside the table that it was trained on."""
    monkeypatch.setenv("TASTEMAP_CACHE", str(tmp_path / "cache"))
    table = write_csv(tmp_path / "ratings.csv", make_ratings(users=14, items=12, per_user=6))
    folder = shutil.copytree(Path(__file__).parent / "run_of_0_1", tmp_path / "run01")
    config = json.loads((folder / "config.json").read_text())
    config["data"]["reading"]["source"] = str(table)
    (folder / "config.json").write_text(json.dumps(config))
    return Run.open(folder)


def test_it_predicts_what_it_predicted(old: Run) -> None:
    assert (old.id, old.state, len(old.epochs)) == ("run01", "finished", 3)
    assert old.val_rmse == 0.6593238298035664
    assert old.predict("u1", 101).rating == pytest.approx(3.491466760635376, abs=1e-5)
    assert old.predict("u3", 105).raw == pytest.approx(3.213300943374634, abs=1e-5)
    assert evaluate(old).rmse == pytest.approx(old.val_rmse, abs=1e-5)


def test_it_answers_views_with_its_own_ratings(old: Run) -> None:
    assert len(old.recommend("u1", n=3).items) == 3
    truths = np.array(old.crosstab(users=3, items=4).truth, float)
    assert np.isfinite(truths).sum() > 6
    assert old.why("u1", 101, n=2).influences


@pytest.mark.slow
def test_it_goes_on_from_its_checkpoint(old: Run) -> None:
    before = old.epochs
    again = resume(old.folder, epochs=5)
    assert [epoch["epoch"] for epoch in again.epochs] == [1, 2, 3, 4, 5]
    assert again.epochs[:3] == before
    assert load_ratings(old.folder.parent / "ratings.csv").fingerprint == old.config.data["fingerprint"]
