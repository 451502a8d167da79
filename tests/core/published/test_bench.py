"""Published protocols on made copies that have the published sets' forms."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.cli._verdict import _print_means
from core.data import load_ratings
from core.errors import DataError, UsageError
from core.published import PROTOCOLS, find_protocol
from core.published.remaking import Row
from core.published.tables import liked_rows, official_pairs, refuse_lacking
from tests.support import command, json_lines


def lines(separator: str, rows: np.ndarray) -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in rows.tolist())


def made(users: int, items: int, per_user: int, seed: int = 0) -> np.ndarray:
    """Rows of user, item, rating and time, as MovieLens has them."""
    generator = np.random.default_rng(seed)
    chosen = [(user, item) for user in range(users) for item in generator.permutation(items)[:per_user]]
    pairs = np.array(chosen) + 1
    ratings = np.clip(np.round(3 + generator.normal(0, 1, items)[pairs[:, 1] - 1]), 1, 5).astype(int)
    return np.column_stack([pairs, ratings, 880_000_000 + np.arange(len(pairs))])


@pytest.fixture
def ml_100k(tmp_path: Path) -> Path:
    """Five pairs of 40 users; each row is tested once."""
    folder = tmp_path / "copy" / "ml-100k"
    folder.mkdir(parents=True)
    rows = made(40, 30, 10)
    parts = np.random.default_rng(1).integers(0, 5, len(rows))
    for number in range(5):
        (folder / f"u{number + 1}.base").write_text(lines("\t", rows[parts != number]))
        (folder / f"u{number + 1}.test").write_text(lines("\t", rows[parts == number]))
    return folder


def test_official_pairs_are_a_line_each_and_a_mean(ml_100k: Path) -> None:
    done = command("bench", "ml-100k", "--data", str(ml_100k.parent), "--arch", "bias")
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ml-100k u")]
    assert [row.split("|")[1].strip() for row in rows] == [f"ml-100k u{number}" for number in range(1, 6)]
    assert len({row.split("|")[7] for row in rows}) == 5, "five splits have five hashes"
    assert done.stdout.splitlines()[-1].startswith("mean of u1 to u5: bias RMSE 0.")
    assert "published: GLocal-K 0.889 (u1)" in done.stderr


def test_a_measure_has_a_mean_of_its_own_where_there_are_several_parts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rows(part: str, figures: tuple[float, float]) -> list[Row]:
        measures = zip(("RMSE", "RMSE, knowing when"), figures, strict=True)
        fixed = {"protocol": "p", "model": "bias", "split_hash": "hash", "hardware": "CPU"}
        one = Row(part=part, measure="", figure=0.0, baseline=1.0, low=None, high=None, seconds=2.0, **fixed)
        return [replace(one, measure=measure, figure=figure) for measure, figure in measures]

    _print_means(rows("", (0.9, 0.8)), as_json=False)
    assert capsys.readouterr().out == ""
    _print_means(rows("u1", (0.9, 0.8)) + rows("u2", (0.7, 0.4)), as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "mean of u1 to u2: bias RMSE 0.8000, 4.0 s",
        "mean of u1 to u2: bias RMSE, knowing when 0.6000, 4.0 s",
    ]


def test_pairs_come_out_of_an_archive_under_their_own_names(ml_100k: Path, tmp_path: Path) -> None:
    archive = tmp_path / "ml-100k.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(ml_100k.iterdir()):
            packed.write(file, f"../../ml-100k/{file.name}")
    with official_pairs(str(archive), ()) as pairs:
        assert [name for name, _, _ in pairs] == ["u1", "u2", "u3", "u4", "u5"]
        assert pairs[0][1].read_bytes() == (ml_100k / "u1.base").read_bytes()
        place = pairs[0][1].parent
    assert not place.exists()
    (ml_100k / "u3.test").unlink()
    with pytest.raises(DataError, match=r"it holds no u3\.test"), official_pairs(str(ml_100k), ()):
        pass


def test_likes_of_active_users_are_held_out_by_user(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    rows = made(60, 40, 20, seed=3)
    file.write_text("userId,movieId,rating,timestamp\n" + lines(",", rows))
    liked = liked_rows(load_ratings(file))
    kept = rows[rows[:, 2] >= 4]
    counts = np.bincount(kept[:, 0])
    assert len(liked) == counts[counts >= 5].sum()
    assert not liked.has_ratings
    (row,) = json_lines(command("bench", "liang", "--data", str(file), "--arch", "ease", "--json").stdout)[
        -1:
    ]
    assert (row["measure"], row["model"]) == ("nDCG@100", "ease")
    assert row["low"] < row["figure"] < row["high"]


def test_an_unknown_protocol_and_a_table_that_does_not_serve(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no protocol 'ml-2m'"):
        find_protocol("ml-2m")
    assert all(protocol.architectures and protocol.published for protocol in PROTOCOLS.values())
    file = tmp_path / "low.csv"
    file.write_text("user,item,rating\n1,1,1\n1,2,2\n2,1,3\n")
    with pytest.raises(DataError, match="no user has 5 ratings from 4"):
        liked_rows(load_ratings(file))
    with pytest.raises(DataError, match=r"it holds no ratings\.dat"):
        refuse_lacking(str(tmp_path), "ratings.dat")
    refuse_lacking(str(tmp_path), file.name)
    refuse_lacking(str(file), "ratings.dat")
