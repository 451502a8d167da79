"""Training to rank from end to end: in Python and by the commands, on ratings and on interactions."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from core import load_run, train
from core.api import evaluate, resume
from core.errors import UsageError
from core.model import folder_of
from core.model.newcomers import fold_many, raw_block
from core.protocol import EpochFinished, Event, Finished, RunStarted
from core.ranking import ItemSets
from core.views import (
    Biases,
    Crosstab,
    FoldIn,
    FoldInWhy,
    Predict,
    Remark,
    Search,
    SimilarItems,
    SimilarUsers,
    Summary,
    Table,
    TopItems,
    UserHistory,
    View,
    Why,
)
from core.views.new_items import FoldInItem
from core.views.quality import Comparison, Diagnosis, Ranking
from tests.support import command, json_lines


@pytest.fixture(scope="session")
def liked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Who took what, two columns: two groups of users with items of their own."""
    generator = np.random.default_rng(0)
    users, items = 90, 40
    same = (np.arange(users) % 2)[:, None] == (np.arange(items) % 2)[None, :]
    chance = np.where(same, 0.55, 0.04) * (1.4 - np.arange(items) / items)
    path = tmp_path_factory.mktemp("liked") / "liked.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user", "item"])
        writer.writerows(
            (f"u{u}", f"i{i}") for u, i in np.argwhere(generator.random((users, items)) < chance)
        )
    return path


SMALL = {"factors": 8}


@pytest.fixture(scope="session")
def ranked(liked: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    runs: dict[str, Any] = {}
    folder = tmp_path_factory.mktemp("ranked")

    def one(architecture: str) -> Any:
        if architecture not in runs:
            options = {} if architecture == "ease" else SMALL
            runs[architecture] = train(liked, architecture, options=options, folder=folder / architecture)
        return runs[architecture]

    return one


@pytest.mark.parametrize("architecture", ["bias", "dot", "nn", "ease"])
def test_interactions_are_ranked_without_a_flag_and_better_than_by_popularity(
    ranked: Callable[[str], Any], architecture: str
) -> None:
    run = ranked(architecture)
    assert run.config.settings["objective"] == run.objective == "ranking"
    assert run.val_ndcg > run.summary["baseline_ndcg"] + 0.1
    quality = Ranking().answer(run.model)
    assert quality.model.ndcg == pytest.approx(run.val_ndcg, abs=1e-6)
    assert quality.popularity.ndcg == pytest.approx(run.summary["baseline_ndcg"])
    assert quality.model.interval is not None
    assert quality.model.interval.low < quality.model.ndcg < quality.model.interval.high


@pytest.mark.parametrize("architecture", ["bias", "nn", "ease"])
def test_views_of_a_model_that_ranks(ranked: Callable[[str], Any], architecture: str) -> None:
    model = ranked(architecture).model
    top = TopItems(user=("u1",), count=5).answer(model).items
    assert [one.rank for one in top] == [1, 2, 3, 4, 5]
    assert all(one.rating is None for one in top)
    first = Predict(user="u1", item=top[0].item).answer(model)
    assert (first.rating, first.rank, first.percentile) == (None, 1, 100)
    assert Predict(user="u1", item=top[2].item).answer(model).rank == 3
    folded = FoldIn(likes=("i1", "i3", "i7"), count=6).answer(model)
    assert sum(int(str(one.item)[1:]) % 2 for one in folded.top) >= 5
    unknown = Predict(user="nobody", item="i1").answer(model)
    assert unknown.rating is None and "popularity" in unknown.fallback


def test_many_fold_into_a_net_as_one_by_one(ranked: Callable[[str], Any]) -> None:
    """The net is linearized once for them all: scores come near those of a user folded in alone."""
    model = ranked("nn").model
    folder, likes = folder_of(model), [(1, 3, 7), (0, 2), (4, 5, 6, 10)]
    owners = np.repeat(np.arange(3), [len(one) for one in likes])
    items = np.concatenate(likes)
    given = ItemSets.of(owners, items, (3, len(model.items)), np.ones(len(items), np.float32))
    together = raw_block(folder, fold_many(folder, given), np.arange(3))
    for one, scores in zip(likes, together, strict=True):
        weights = np.ones(len(one), np.float32)
        alone = folder.raw(folder.fold(np.array(one), weights), np.arange(len(model.items)))
        assert np.corrcoef(alone, scores)[0, 1] > 0.98


def test_only_and_never_name_what_may_be_recommended(ranked: Callable[[str], Any]) -> None:
    model = ranked("bias").model
    best = [one.item for one in TopItems(user=("u1",), count=3).answer(model).items]
    without = TopItems(user=("u1",), count=3, never=(best[0],)).answer(model).items
    assert best[0] not in [one.item for one in without]
    among = TopItems(user=("u1",), count=3, only=(best[1], best[2])).answer(model).items
    assert [one.item for one in among] == [best[1], best[2]]
    with pytest.raises(UsageError, match="no-such"):
        TopItems(user=("u1",), only=("no-such",)).answer(model)


def test_measures_of_ratings_are_refused_with_the_way_out(ranked: Callable[[str], Any]) -> None:
    run = ranked("bias")
    for ask in (lambda: Diagnosis().answer(run.model), lambda: evaluate(run)):
        with pytest.raises(UsageError, match="predicts no ratings"):
            ask()


def test_events_tell_a_ranking(liked: Path, tmp_path: Path) -> None:
    heard: list[Event] = []
    train(
        liked,
        options=SMALL,
        folder=tmp_path / "run",
        adapt=False,
        epochs=3,
        early_stopping=2,
        on_event=heard.append,
    )
    started = next(event for event in heard if isinstance(event, RunStarted))
    assert "counts as a like" in started.notes[0]
    epochs = [event for event in heard if isinstance(event, EpochFinished)]
    assert all(event.ranks and event.train_rmse is None and event.tuning_ndcg is not None for event in epochs)
    best = max(epochs, key=lambda event: event.tuning_ndcg or 0)
    finished = heard[-1]
    assert isinstance(finished, Finished)
    assert finished.best_epoch == best.epoch
    assert finished.val_ndcg == pytest.approx(best.val_ndcg)
    low, high = finished.val_ndcg_interval
    assert finished.val_ndcg is not None and low <= finished.val_ndcg <= high


def test_ratings_can_be_ranked_and_a_threshold_says_which_count(tmp_path: Path, ratings: Any) -> None:
    run = train(
        ratings, options=SMALL, folder=tmp_path / "run", objective="ranking", positive_from=4, epochs=2
    )
    assert run.config.scoring["positive_from"] == 4
    kept = ratings.ratings >= 4
    train_rows = run.config.split["train_ratings"]
    assert run.model.baseline.user_counts.sum() < min(train_rows, kept.sum())


def test_an_interrupted_ranking_goes_on_to_the_same_numbers(liked: Path, tmp_path: Path) -> None:
    from core.training import Controls

    whole = train(liked, options=SMALL, folder=tmp_path / "whole", adapt=False, epochs=5)
    controls = Controls()

    def stop(event: Event) -> None:
        if isinstance(event, EpochFinished) and event.epoch == 2:
            controls.stop()

    half = train(
        liked,
        options=SMALL,
        folder=tmp_path / "half",
        adapt=False,
        epochs=5,
        on_event=stop,
        controls=controls,
    )
    assert len(half.epochs) == 2
    (half.folder / "summary.json").unlink()
    resumed = resume(half.folder)
    for name, array in whole.model.weights.items():
        assert np.array_equal(array, resumed.model.weights[name]), name


def test_runs_are_compared_by_ndcg(ranked: Callable[[str], Any]) -> None:
    first, other = ranked("bias"), ranked("ease")
    found = Comparison(runs=(str(other.folder),)).answer(first.model).runs
    difference = found[1].ranking_difference
    assert difference is not None and found[1].difference is None
    assert difference.ndcg == pytest.approx(other.val_ndcg - first.val_ndcg, abs=1e-6)
    assert difference.low <= difference.ndcg <= difference.high
    assert found[1].verdict == difference.verdict


def test_the_commands_train_recommend_rank_and_fold_in(liked: Path, tmp_path: Path) -> None:
    events = json_lines(command("train", "--data", str(liked), "--factors", "8", "--json").stdout)
    assert events[-1]["objective"] == "ranking"
    assert events[-1]["val_ndcg"] > events[-1]["baseline_ndcg"]
    text = command("recommend", "latest", "u1", "-n", "3").stdout
    assert text.startswith("1.")
    out = tmp_path / "users.parquet"
    ranked = json.loads(command("rank", "latest", "--per-user", str(out), "--json").stdout)
    table = parquet.read_table(out)
    assert table.num_rows == ranked["users"]
    assert np.mean(table["ndcg"].to_numpy()) == pytest.approx(ranked["model"]["ndcg"])
    assert "liked" in command("foldin-why", "latest", "i5", "--like", "i1", "--like", "i3").stdout
    assert "nDCG" in command("runs").stdout
    assert "rank 1 " in command("predict", "latest", "u1", text.split()[1]).stdout
    refused = command("foldin", "latest", expect=2).stderr
    assert "--like" in refused
    assert load_run("latest").objective == "ranking"


def test_cross_validation_and_tuning_go_by_ndcg(liked: Path) -> None:
    words = ("--data", str(liked), "--factors", "4", "--epochs", "2", "--no-adapt")
    folds = command("crossval", *words, "--folds", "2").stdout
    assert folds.count("nDCG@10") == 3
    assert folds.count("popularity 0.") == 3 and "against the baseline" in folds
    trials = json_lines(command("train", *words, "--tune", "2", "--json").stdout)
    told = [event for event in trials if event["event"] == "trial_finished"]
    assert told and all(event["tuning_ndcg"] > 0 and event["tuning_rmse"] is None for event in told)


@pytest.mark.parametrize(
    "view",
    [
        SimilarItems(item="i1", count=2),
        SimilarUsers(user="u1", count=2),
        Search(text="i1"),
        Search(text="u1", side="user"),
        Biases(count=2),
        Why(user="u1", item="i1", count=2),
        FoldInItem(likes=("u1",), count=2),
        FoldInWhy(item="i1", likes=("i3",)),
        Summary(),
        UserHistory(user="u1", count=2),
        Crosstab(users=2, items=2),
    ],
    ids=lambda view: view.tag,
)
def test_of_interactions_no_view_speaks_of_ratings(ranked: Callable[[str], Any], view: View[Any]) -> None:
    lines = view.lines(view.answer(ranked("bias").model))
    told = " ".join(map(_text_of, lines))
    assert "rating" not in told.lower()
    assert "like" in told or "interactions" in told


def _text_of(line: str | Table | Remark) -> str:
    if isinstance(line, Table):
        return " ".join(" ".join(map(str, row)) for row in line.rows)
    return line if isinstance(line, str) else line.text
