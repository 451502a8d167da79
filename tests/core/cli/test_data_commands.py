from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.support import command, json_lines, make_ratings, write_csv


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings())


def test_list_names_the_demo_first() -> None:
    listed = json.loads(command("data", "list", "--json").stdout)
    assert listed[0]["name"] == "demo"
    assert "ml-latest-small" in command("data", "list").stdout


def test_describe_says_what_is_in_a_table_and_how_it_was_read(csv: Path) -> None:
    told = json.loads(command("data", "describe", str(csv), "--json").stdout)
    assert (told["users"], told["items"], told["ratings"]) == (60, 40, 1500)
    assert told["reading"]["user_column"] == "userId"
    text = command("data", "describe", str(csv)).stdout
    assert "ratings        1,500" in text
    assert "read with      rating_column = rating" in text


def test_other_names_are_given_by_flags_and_repairs_are_stated(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("who;what;howgood\na;x;3\na;y;4\nb;x;5\nb;y;1\na;x;2\n")
    flags = [
        "--user-column",
        "who",
        "--item-column",
        "what",
        "--rating-column",
        "howgood",
        "--separator",
        "semicolon",
    ]
    told = json.loads(command("data", "describe", str(path), *flags, "--json").stdout)
    assert (told["ratings"], told["duplicates"]) == (4, 1)
    assert "duplicate" in command("data", "describe", str(path), *flags).stdout


def test_convert_writes_a_table_that_reads_the_same(csv: Path, tmp_path: Path) -> None:
    target = tmp_path / "same.parquet"
    assert "1,500 ratings" in command("data", "convert", str(csv), str(target)).stdout
    first, second = (
        json.loads(command("data", "describe", str(path), "--json").stdout) for path in (csv, target)
    )
    assert first["fingerprint"] == second["fingerprint"]
    assert "is there already" in command("data", "convert", str(csv), str(target), expect=2).stderr


def test_fetch_refuses_without_the_licence_and_takes_a_file(tmp_path: Path) -> None:
    refused = command("data", "fetch", "ml-latest-small", expect=2)
    assert "licence" in refused.stderr
    assert "Did you mean" in command("data", "fetch", "ml-latest-smal", expect=2).stderr
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(b"no archive")
    words = ["data", "fetch", "ml-latest-small", "--accept-licence", "--from-file", str(wrong)]
    assert "not a zip file" in command(*words, expect=1).stderr


def test_a_set_taken_from_a_file_is_known_by_its_name_from_then_on(csv: Path, tmp_path: Path) -> None:
    archive = tmp_path / "downloaded.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(csv, "ml-latest-small/ratings.csv")
    assert "not on this machine yet" in command("data", "describe", "ml-latest-small", expect=1).stderr
    words = ["data", "fetch", "ml-latest-small", "--accept-licence", "--from-file", str(archive)]
    assert "no published checksum is known" in command(*words).stdout
    told = json.loads(command("data", "describe", "ml-latest-small", "--json").stdout)
    assert (told["users"], told["ratings"]) == (60, 1500)


@pytest.mark.slow
def test_cross_validation_trains_every_fold_and_sums_up(csv: Path) -> None:
    words = ["crossval", "--data", str(csv), "--folds", "3", "--epochs", "2", "--no-adapt", "--json"]
    lines = json_lines(command(*words).stdout)
    folds = [line["val_rmse"] for line in lines[:-1]]
    assert len(folds) == 3
    assert len({line["split_hash"] for line in lines[:-1]}) == 3
    assert lines[-1]["rmse"]["mean"] == pytest.approx(np.mean(folds))
    assert lines[-1]["rmse"]["deviation"] == pytest.approx(np.std(folds, ddof=1))
    baselines = [line["baseline_rmse"] for line in lines[:-1]]
    assert lines[-1]["baseline_rmse"]["mean"] == pytest.approx(np.mean(baselines))
    squares = [np.mean(np.square(figures)) for figures in (folds, baselines)]
    away = np.sqrt(squares[0]) - np.sqrt(squares[1])  # the folds are as good as equally large
    assert lines[-1]["difference"] == pytest.approx(away, abs=2e-3)
    assert lines[-1]["difference_low"] <= lines[-1]["difference"] <= lines[-1]["difference_high"]
    assert lines[-1]["verdict"] in ("better", "worse", "no clear difference")


@pytest.mark.slow
def test_an_official_pair_of_files_is_trained_and_held_out(csv: Path, tmp_path: Path) -> None:
    lines = csv.read_text().splitlines()
    (tmp_path / "a.csv").write_text("\n".join(lines[:1201]) + "\n")
    (tmp_path / "b.csv").write_text("\n".join([lines[0], *lines[1201:]]) + "\n")
    words = [
        "train",
        "--train",
        str(tmp_path / "a.csv"),
        "--test",
        str(tmp_path / "b.csv"),
        "--epochs",
        "1",
        "--no-adapt",
    ]
    events = json_lines(command(*words, "--json").stdout)
    config = json.loads((Path(events[-1]["path"]) / "config.json").read_text())
    assert config["split"]["method"] == "official"
    assert (config["split"]["train_ratings"], config["split"]["test_ratings"]) == (1200, 300)
    measured = json.loads(command("evaluate", "latest", "--json").stdout)
    assert measured["ratings"] == 300


@pytest.mark.slow
@pytest.mark.parametrize("method", ["user", "kfold"])
def test_a_run_s_split_is_made_again_whatever_its_method(csv: Path, method: str) -> None:
    words = [
        "train",
        "--data",
        str(csv),
        "--split",
        method,
        "--folds",
        "4",
        "--fold",
        "2",
        "--epochs",
        "1",
        "--json",
    ]
    finished = json_lines(command(*words).stdout)[-1]
    measured = json.loads(command("evaluate", finished["run"], "--json").stdout)
    assert measured["split_hash"] == finished["split_hash"]
    assert measured["rmse"] == pytest.approx(finished["val_rmse"], abs=1e-6)


def test_describe_shows_what_was_understood(tmp_path: Path) -> None:
    rows = "".join(
        f"{u},{i},{(u * i) % 5 - 1},{1_500_000_000 + u * 90_000}\n" for u in range(30) for i in range(9)
    )
    path = tmp_path / "coded.csv"
    path.write_text(f"user_id,film,rating,ts\n{rows}")
    told = json.loads(command("data", "describe", str(path), "--json").stdout)
    assert told["first_rows"][1] == {
        "user": 0,
        "item": 1,
        "title": "1",
        "rating": -1.0,
        "time": "2017-07-14T02:40:00+00:00",
    }
    assert sum(count for _, count in told["spread"]["ratings"]) == told["ratings"] == 270
    assert sum(count for _, count in told["spread"]["times"]) == 270
    assert [warning["kind"] for warning in told["warnings"]] == ["codes"]
    text = command("data", "describe", str(path), "--item-column", "film").stdout
    assert "user_column = user_id  (guessed by its name)" in text
    assert "item_column = film  (asked for)" in text
    assert "--missing-rating -1" in text
    assert "rating (rating)" in text
    assert text.count("2017-0") >= 5


def test_describe_of_interactions(tmp_path: Path) -> None:
    path = tmp_path / "bought.csv"
    path.write_text("customer,sku\n" + "".join(f"c{n % 7},s{n % 5}\n" for n in range(90)))
    told = json.loads(command("data", "describe", str(path), "--json").stdout)
    assert (told["kind"], told["duplicates"], told["ratings"]) == ("interactions", 55, 35)
    assert "weight" in told["first_rows"][0]
    counted = json.loads(command("data", "describe", str(path), "--weight", "count", "--json").stdout)
    assert counted["mean"] * counted["ratings"] == pytest.approx(90)


def test_events_are_named_by_a_repeated_flag(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    events = ("view", "cart", "buy")
    path.write_text("user,item,event\n" + "".join(f"{n % 7},{n % 5},{events[n % 3]}\n" for n in range(90)))
    flags = ("--event", "buy=3", "--event", "cart", "--weight", "count")
    told = json.loads(command("data", "describe", str(path), *flags, "--json").stdout)
    assert told["reading"]["event"] == ["buy=3", "cart"]
    assert told["mean"] * told["ratings"] == pytest.approx(30 * 3 + 30)
