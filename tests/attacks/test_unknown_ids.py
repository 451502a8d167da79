"""An id that is nowhere, one that is only held out and one that was trained are three different things."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support import command, make_ratings, write_csv


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose item `only-held-out` and user `newcomer` have ratings in the held-out part alone."""
    from core import train
    from core.data import load_ratings

    folder = tmp_path_factory.mktemp("table")
    table = write_csv(folder / "ratings.csv", make_ratings(20, 15, 8))
    (folder / "official.csv").write_text("userId,movieId,rating\nu1,999,4\nnewcomer,100,3\nu2,101,3\n")
    ratings = load_ratings(table, {"test_file": str(folder / "official.csv")})
    trained = train(ratings, "bias", adapt=False, epochs=1, split="official", folder=folder / "run")
    counts = trained.model.baseline.item_counts
    assert np.flatnonzero(counts == 0).tolist() == [trained.model.items.row("999")]
    return trained.folder


def test_an_item_that_is_only_held_out_is_left_out_of_a_fold_in_with_the_reason(run: Path) -> None:
    done = command("foldin", str(run), "--rate", "999=5", "--rate", "100=4")
    assert "left out, since training never saw it" in done.stderr
    assert "No item has the id" not in done.stderr
    asked = command("foldin-why", str(run), "999", "--rate", "100=4", expect=2)
    assert "Training saw no rating of" in asked.stderr


def test_a_prediction_tells_the_three_apart(run: Path) -> None:
    known = command("predict", str(run), "u1", "100").stderr.splitlines()
    assert all(line.startswith("tastemap: reading ") for line in known)  # told again by each process
    held_out = command("predict", str(run), "u1", "999").stderr
    assert "the item had no training rating" in held_out
    new = command("predict", str(run), "stranger", "100").stderr
    assert "there is no user 'stranger'; the prediction is the item's damped mean" in new
    newcomer = json.loads(command("predict", str(run), "newcomer", "100", "--json").stdout)
    assert "the user had no training rating" in newcomer["fallback"]


@pytest.mark.parametrize("item", ["nothing", "1e9", "99999999999999999999", "x" * 500, "nan"])
def test_an_item_that_is_nowhere_is_wrong_usage(run: Path, item: str) -> None:
    for words in (["predict", "u1"], ["why", "u1"]):
        done = command(words[0], str(run), words[1], "--", item, expect=2)
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
