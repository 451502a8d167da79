from __future__ import annotations

import csv
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import train
from core.api import load_run, resume
from core.contract.plugins import load_plugins
from core.data.ratings import Ratings
from core.errors import PluginError, UsageError
from tests.support import make_ratings, write_csv


def test_the_built_in_trackers_come_by_entry_point() -> None:
    assert set(load_plugins().trackers) >= {"csv", "tensorboard", "mlflow"}


def test_csv_holds_a_line_an_epoch(ratings: Ratings) -> None:
    run = train(ratings, "bias", adapt=False, epochs=3, early_stopping=3, trackers=["csv"])
    with (run.folder / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    for row, event in zip(rows, run.epochs, strict=True):
        for name in ("train_rmse", "val_rmse", "tuning_rmse", "learning_rate"):
            assert float(row[name]) == event[name]


def test_csv_of_a_resumed_run_has_each_epoch_once(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "ratings.csv", make_ratings())
    run = train(table, "bias", adapt=False, epochs=2, trackers=["csv"])
    with (run.folder / "metrics.csv").open("a") as stream:
        stream.write("3,9,9,9,,9,9,9\r\n")
    resume(run.folder, epochs=4, trackers=["csv"])
    with (run.folder / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    for row, event in zip(rows, load_run(run.folder).epochs, strict=True):
        for name in ("train_rmse", "val_rmse", "val_mae", "learning_rate"):
            assert float(row[name]) == event[name], "the line of nines that the crash left is gone"


def test_tensorboard_s_event_files_hold_the_scalars(ratings: Ratings) -> None:
    import tensorflow as tf

    run = train(ratings, "bias", adapt=False, epochs=2, trackers=["tensorboard"])
    found: dict[tuple[str, int], float] = {}
    for file in (run.folder / "tensorboard").iterdir():
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            found |= {(value.tag, event.step): value.simple_value for value in event.summary.value}
    for event in run.epochs:
        assert found[("epoch/val_rmse", event["epoch"])] == pytest.approx(event["val_rmse"])
    assert ("epoch/tuning_rmse", 1) not in found


class FakeClient:
    """As much of MLflow's client as the tracker uses; remembers what it was told."""

    told: list[tuple[Any, ...]] = []

    def get_experiment_by_name(self, name: str) -> None:
        self.told.append(("looked for", name))

    def create_experiment(self, name: str) -> str:
        return "7"

    def create_run(self, experiment: str, run_name: str, tags: dict[str, str]) -> SimpleNamespace:
        self.told.append(("run", experiment, run_name))
        return SimpleNamespace(info=SimpleNamespace(run_id="r"))

    def log_param(self, run: str, name: str, value: object) -> None:
        self.told.append(("parameter", name, value))

    def log_metric(self, run: str, name: str, value: float, step: int) -> None:
        self.told.append(("metric", name, value, step))

    def set_terminated(self, run: str) -> None:
        self.told.append(("ended", run))


def test_mlflow_gets_parameters_figures_and_the_end(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeClient, "told", [])
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(MlflowClient=FakeClient))
    run = train(ratings, "bias", adapt=False, epochs=1, options={"factors": 3}, trackers=["mlflow"])
    told = FakeClient.told
    assert told[:2] == [("looked for", "tastemap made"), ("run", "7", run.id)]
    assert ("parameter", "options.factors", 3) in told
    assert ("metric", "val_rmse", run.val_rmse, 1) in told
    assert told[-1] == ("ended", "r")


def test_mlflow_itself_keeps_parameters_and_figures_in_a_file(
    ratings: Ratings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow isn't installed")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    run = train(ratings, "bias", adapt=False, epochs=2, options={"factors": 3}, trackers=["mlflow"])
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("tastemap made")
    (logged,) = client.search_runs([experiment.experiment_id])
    assert (logged.info.run_name, logged.info.status) == (run.id, "FINISHED")
    assert logged.data.params["options.factors"] == "3"
    told = [(one.step, one.value) for one in client.get_metric_history(logged.info.run_id, "val_rmse")]
    assert told == [(event["epoch"], event["val_rmse"]) for event in run.epochs]


def test_without_mlflow_the_training_does_not_begin(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch, private_folders: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(PluginError, match=r"can't be loaded.*Install it with"):
        train(ratings, "bias", adapt=False, epochs=1, trackers=["mlflow"])
    assert list(private_folders.iterdir()) == []


def test_an_unknown_tracker_is_refused_with_the_nearest(ratings: Ratings) -> None:
    with pytest.raises(UsageError, match="Did you mean 'tensorboard'"):
        train(ratings, "bias", adapt=False, epochs=1, trackers=["tensorbord"])
