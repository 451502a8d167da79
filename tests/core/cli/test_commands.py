"""The command line as a user runs it, in processes of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core import train
from core.model.baseline import Baseline, rmse
from tests.processes import COMMAND, Child
from tests.support import json_lines, make_ratings, tastemap, tastemap_afresh, write_csv


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings())


def test_help_loads_nothing_heavy_and_lists_the_commands() -> None:
    code = (
        "import sys; sys.argv = ['tastemap', '--help']\n"
        "from core.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('pandas', 'pyarrow', 'scipy', 'tensorflow', 'textual')\n"
        "sys.exit(any(name in sys.modules for name in heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("train", "predict", "evaluate", "recommend", "history", "runs", "plugins"):
        assert command in done.stdout


def test_help_of_train_lists_every_declared_option() -> None:
    text = tastemap("train", "--help").stdout
    for flag in (
        "--epochs",
        "--learning-rate",
        "--split-seed",
        "--hidden-units",
        "--bias-l2",
        "--user-column",
    ):
        assert flag in text
    assert "(Not for bayes" in text


@pytest.mark.slow
def test_train_predict_evaluate_and_list(csv: Path) -> None:
    words = [
        "train",
        "--data",
        str(csv),
        "--epochs",
        "12",
        "--no-adapt",
        "--factors=5",
        "--seed",
        "4",
        "--json",
    ]
    events = json_lines(tastemap_afresh(*words).stdout)
    started = next(event for event in events if event["event"] == "run_started")
    assert (started["options"]["factors"], started["settings"]["seed"]) == (5, 4)
    assert [event["epoch"] for event in events if event["event"] == "epoch_finished"] == [*range(1, 13)]
    finished = events[-1]
    for key in ("run", "val_rmse", "val_mae", "train_rmse", "epochs", "seconds", "ratings_per_second"):
        assert finished[key], key

    run = finished["run"]
    predicted = json.loads(tastemap("predict", run, "u1", "100", "--json").stdout)
    assert 0.5 <= predicted["rating"] <= 5
    assert predicted["fallback"] == ""
    told = tastemap("predict", "latest", "u1", "100")
    assert told.stdout.startswith(f"{predicted['rating']:.2f}  user u1, item 100")
    assert told.stderr == ""

    unknown = tastemap("predict", run, "stranger", "100")
    assert "there is no user 'stranger'; the prediction is the item's damped mean" in unknown.stderr
    nothing = tastemap("predict", run, "stranger", "nothing", "--json", expect=2)
    assert "No item has the id or title 'nothing'" in nothing.stderr

    measured = json.loads(tastemap("evaluate", run, "--json").stdout)
    for name in ("baseline_rmse", "difference", "difference_low", "difference_high"):
        assert measured[name] == pytest.approx(finished[name], abs=1e-6), name
    assert measured["rmse"] == pytest.approx(finished["val_rmse"], abs=1e-6)
    assert measured["split_hash"] == finished["split_hash"]
    everything = json.loads(tastemap("evaluate", run, "--data", str(csv), "--json").stdout)
    assert everything["baseline_rmse"] > everything["rmse"] and everything["verdict"] == "better"
    assert (everything["part"], everything["ratings"], everything["fallbacks"]) == ("all rows", 1500, 0)
    ratings = make_ratings()
    sizes = ratings.user_count, ratings.item_count
    means = Baseline.measure(ratings.users, ratings.items, ratings.ratings, sizes, ratings.scale)
    by_means = rmse(means.fallback(ratings.users, ratings.items), ratings.ratings)
    assert everything["rmse"] < 0.8 * by_means, "it must beat the damped means, though they know all ratings"

    listed = json.loads(tastemap("runs", "--json").stdout)
    assert [(row["run"], row["epochs"], row["state"]) for row in listed] == [(run, 12, "finished")]
    assert run in tastemap("runs").stdout


@pytest.mark.slow
def test_the_text_view_prints_a_table_on_stdout_and_nothing_else_there(csv: Path) -> None:
    done = tastemap("train", "--data", str(csv), "--epochs", "2", NO_COLOR="1")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("bias on ratings: 60 users × 40 items, 1,500 ratings")
    assert lines[1].startswith("to beat: damped means of user and item, val RMSE ")
    assert " ".join(lines[2].split()) == "epoch train RMSE val RMSE val MAE learning rate seconds"
    assert [line.split()[0] for line in lines[3:5]] == ["1/2", "2/2"]
    assert lines[-1].startswith("run bias-")
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers_in_two_processes(csv: Path) -> None:
    """Of which one is this one, by the Python interface."""
    words = ["train", "--data", str(csv), "--arch", "nn", "--epochs", "2", "--no-adapt", "--json"]
    told, here = json_lines(tastemap(*words).stdout)[-1], train(csv, "nn", epochs=2).summary
    assert here is not None
    for key in ("val_rmse", "train_rmse", "val_mae", "split_hash"):
        assert told[key] == here[key]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["train"], 2, "--data demo needs no file"),
        (
            ["train", "--data", "demo", "--epoch", "3"],
            2,
            "Unknown option '--epoch'. Did you mean '--epochs'?",
        ),
        (["train", "--data", "demo", "--epochs"], 2, "Option '--epochs' requires an argument."),
        (["train", "--data", "demo", "--resume", "x", "--test", "y"], 2, "--test doesn't go with --resume"),
        (["evaluate", "--bogus"], 2, "Unknown option '--bogus'"),
        (["train", "--data", "demo", "--epochs", "many"], 2, "a whole number from 1"),
        (["train", "--data", "demo", "--arch", "bais"], 2, "Did you mean 'bias'?"),
        (["train", "--data", "demo", "--recipe", "best"], 2, "no recipe 'best'"),
        (["train", "--data", "demo", "--schedule", "fast"], 2, "Not a learning-rate schedule"),
        (["train", "--data", "demo", "--plugin", "no.py"], 1, "There is no plugin file 'no.py'"),
        (["train", "--data", "/no/such.csv"], 1, "/no/such.csv"),
        (["train", "--resume", "nothing"], 2, "There is no run 'nothing'"),
        (["predict", "nothing", "1", "2"], 2, "There is no run 'nothing'"),
        (["evaluate", "latest"], 2, "There is no run 'latest'"),
        (["fly"], 2, "There is no command"),
    ],
)
def test_wrong_usage_is_one_line_on_stderr(words: list[str], code: int, said: str) -> None:
    done = tastemap(*words, expect=code)
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    if words != ["fly"]:
        assert len(done.stderr.splitlines()) == 1


def test_a_gpu_that_is_not_there_is_said(csv: Path) -> None:
    done = tastemap("train", "--data", str(csv), "--device", "gpu", expect=1, CUDA_VISIBLE_DEVICES="-1")
    assert "TensorFlow sees no GPU here." in done.stderr


@pytest.mark.slow
def test_ctrl_c_saves_and_exits_with_130(csv: Path) -> None:
    child = Child(COMMAND, "train", "--data", str(csv), "--epochs", "100000", "--no-adapt", "--json")
    for line in child.stdout:
        if json.loads(line)["event"] == "epoch_finished":
            child.send_signal(signal.SIGINT)
            break
    rest, told = child.communicate(timeout=240)
    assert child.returncode == 130
    assert json_lines(rest)[-1]["reason"] == "stopped"
    assert "stopping and saving" in told


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_traceback(csv: Path) -> None:
    command = f"'{sys.executable}' -c 'from core.cli import main; main()' plugins | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
