"""What a known moment says of a rating: moods of users, seasons of items."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Ratings, train
from core.errors import RunError, UsageError
from core.model.moments import SURROUNDINGS, Moments, Moods, raw_at, surroundings
from core.model.moments._timeline import Timeline
from core.model.rated import RatedTable
from core.runs import Run
from core.training._sharing import Carving, mood_weights
from core.views.prediction import Predict
from tests.core.views.handmade import RATED, hand_model, hand_ratings
from tests.support import command, make_ratings

MINUTE, DAY = 60, 86_400


def in_sittings(moods: float, seed: int = 0) -> Ratings:
    """A made table whose users rate in sittings of five, a day apart, each with a mood of its own."""
    table, generator = make_ratings(60, 50, 30, seed=seed), np.random.default_rng(seed)
    mood = generator.normal(0, moods, (table.user_count, 6))
    place = np.zeros(len(table), np.int64)
    for user in range(table.user_count):
        place[table.users == user] = np.arange(30)
    values = table.ratings + mood[table.users, place // 5] if moods else table.ratings
    times = 1_500_000_000 + place // 5 * DAY + place % 5 * 10
    steps = np.clip(np.round(values * 2) / 2, 0.5, 5).astype(np.float32)
    return replace(table, ratings=steps, timestamps=times)


def test_surroundings_are_means_drawn_to_0_of_the_owner_s_ratings_by_how_near_they_are() -> None:
    owners, times = np.array([1, 0, 1, 2]), np.array([100, 100, 160, 100])
    line = Timeline.of(owners, times, np.array([[1.0], [9.0], [-0.5], [9.0]]))  # 1's mean is 0.25
    found = line.around(np.array([1, 1, 3, 0]), np.array([100, 220, 100, 0]), (60.0, 600.0))
    near, far = np.exp(-1.0), np.exp(-0.1)
    assert found[0, :, 0] == pytest.approx([0.75 * (1 - near) / (5 + near), 0.75 * (1 - far) / (5 + far)])
    assert found[1, 0, 0] == pytest.approx(0.75 * (near**2 - near) / (4 + near + near**2))
    assert found[2].tolist() == [[0], [0]] and found[3].tolist() == [[0], [0]]  # one rating has no moods


def test_moments_of_any_size_and_many_ratings_of_one_moment_are_told_apart() -> None:
    owners, signs = np.repeat([0, 1], 200), np.tile(np.repeat([1.0, -1.0], 100), 2)
    line = Timeline.of(owners, np.where(signs > 0, -(2**62), 2**62), signs[:, None])
    found = line.around(np.array([0, 1, 0]), np.array([-(2**62), 2**62, 0]), (30.0,))
    assert found[:, 0, 0] == pytest.approx([30 / 34, -30 / 34, 0])  # so many nearest, none of them far off


def test_moods_are_trusted_as_far_as_one_half_tells_of_the_other() -> None:
    generator, carving = np.random.default_rng(0), Carving(1, 0.1)
    around = generator.normal(size=(2000, SURROUNDINGS))
    told = around @ [0.5, 1.0, 0.0, 0.0, 0.0, 0.0] + generator.standard_normal(2000)
    assert mood_weights(around, told, carving) == pytest.approx((0.5, 1.0, 0.0, 0.0, 0.0, 0.0), abs=0.08)
    assert mood_weights(around, generator.standard_normal(2000), carving) == ()
    assert mood_weights(np.zeros((50, SURROUNDINGS)), told[:50], carving) == ()
    assert mood_weights(around[:2], told[:2], carving) == ()


@pytest.fixture(scope="module")
def moody(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ratings, Path]:
    folder = tmp_path_factory.mktemp("moments") / "run"
    table = in_sittings(0.8)
    train(table, "bias", folder=folder)
    return table, folder


def test_a_training_learns_moods_and_tells_what_knowing_when_is_worth(moody: tuple[Ratings, Path]) -> None:
    table, folder = moody
    run = Run.open(folder)
    summary, model = run.summary, run.model
    assert summary is not None and model.moods is not None and len(model.moods.weights) == SURROUNDINGS
    assert summary["moment_rmse"] < summary["val_rmse"] - 0.03
    assert summary["val_rmse"] == pytest.approx(run.val_rmse)
    held_out = np.flatnonzero(model.rated.held_out)
    users, items = (side[held_out].astype(np.int64) for side in (table.users, table.items))
    raw = raw_at(model, users, items, table.timestamps[held_out])  # type: ignore[index]
    known = model.baseline.known(users, items)
    errors = model.baseline.clip(raw)[known] - table.ratings[held_out][known]
    assert known.all()
    assert float(np.sqrt(np.mean(errors**2))) == pytest.approx(summary["moment_rmse"], abs=1e-5)
    assert run.evaluate().moment_rmse == pytest.approx(summary["moment_rmse"], abs=1e-5)
    assert (
        f"knowing when each was rated: RMSE {summary['moment_rmse']:.4f}"
        in command("evaluate", str(folder)).stdout
    )
    far = np.full(len(users), 9_000_000_000)
    np.testing.assert_allclose(raw_at(model, users, items, far), model.scorer.raw(users, items), atol=0.02)


def test_a_held_out_rating_is_shown_with_its_moment_and_any_pair_with_the_one_asked_for(
    moody: tuple[Ratings, Path],
) -> None:
    table, folder = moody
    row = int(np.flatnonzero(Run.open(folder).model.rated.held_out)[0])
    user, item = table.user_vocabulary.ids[table.users[row]], table.item_vocabulary.ids[table.items[row]]
    plain = json.loads(command("predict", str(folder), str(user), str(item), "--json").stdout)
    assert table.timestamps is not None and plain["moment"] == table.timestamps[row]
    assert 0.5 <= plain["rating_then"] <= 5 and abs(plain["rating_then"] - plain["rating"]) > 1e-6
    text = command("predict", str(folder), str(user), str(item)).stdout
    assert f"{plain['rating_then']:.2f} knowing when (2017-07-" in text
    later = Run.open(folder).predict(str(user), int(item), at="2040")
    assert later.rating_then == pytest.approx(later.rating, abs=0.02) and later.moment == 2_208_988_800
    for word in ("yesterday", "99999999999999999999", "-5", "1e9", ""):
        wrong = command("predict", str(folder), str(user), str(item), "--at", word, expect=2 if word else 0)
        assert not word or ("--at takes a date" in wrong.stderr and wrong.stderr.count("\n") == 1)
    with pytest.raises(UsageError, match="a moment is of one user"):
        Run.open(folder).predict([], None, at="2018")  # type: ignore[call-overload]


def test_times_that_tell_nothing_are_left_alone(tmp_path: Path) -> None:
    table = in_sittings(0.0, seed=3)
    mixed = replace(table, timestamps=np.random.default_rng(3).permutation(table.timestamps))  # type: ignore[arg-type]
    train(mixed, "bias", folder=tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert run.summary is not None and run.summary["moment_rmse"] is None and run.model.moods is None
    assert run.predict("u1", 100).rating_then is None
    with pytest.raises(UsageError, match="nothing of moments"):
        run.predict("u1", 100, at="2018")


def test_newcomers_and_training_by_hand_have_no_moods(moody: tuple[Ratings, Path], tmp_path: Path) -> None:
    for name, settings in {
        "newcomers": {"split": "newcomers", "epochs": 2},
        "hand": {"adapt": False},
    }.items():
        train(moody[0], "bias", **settings, folder=tmp_path / name)
        summary = Run.open(tmp_path / name).summary
        assert summary is not None and summary["moment_rmse"] is None


def test_a_prediction_at_a_moment_can_be_told_by_hand() -> None:
    rated = hand_ratings()
    rated = replace(rated, timestamps=np.arange(len(rated)) * 10)
    train_rows = np.flatnonzero([row[3] for row in RATED])
    model = replace(
        hand_model(),
        moods=Moods((1.0, 0.0, 0.0, 0.5, 0.0, 0.0)),
        read_rated=lambda: RatedTable.of(rated, train_rows),
    )
    shown = Predict(user="ann", item=13).answer(model)  # held out, at 20 s; ann rated items 10 and 12 before
    left = [-0.7, 0.7]  # 4 - 4.35 and 5 - 3.95 without their mean
    near = [np.exp(-20 / 30), np.exp(-10 / 30)]
    said = [0.2, -0.2]  # 4.35 and 3.95 without theirs
    mood = sum(near[k] * (left[k] + 0.5 * said[k]) for k in (0, 1)) / (sum(near) + 4)
    assert shown.moment == 20 and shown.rating_then == pytest.approx(2.75 + mood, abs=1e-5)
    assert Predict(user="ann", item=10).answer(model).rating_then is None  # a training rating knows itself
    assert Predict(user="nobody", item=10, at="2018").answer(model).rating_then is None
    told = Moments(rated, train_rows).around_rows(np.array([2]), np.zeros((len(train_rows), 2)))
    assert surroundings(told).shape == (1, SURROUNDINGS)


@pytest.mark.parametrize(
    "moods", [[1.0], [1.0, 2.0, "3", 0, 0, 0], [1e300, 0, 0, 0, 0, 0], "abc", [0.0] * 99]
)
def test_damaged_moods_are_damage(moody: tuple[Ratings, Path], tmp_path: Path, moods: Any) -> None:
    run = Path(shutil.copytree(moody[1], tmp_path / "run"))
    config = json.loads((run / "config.json").read_text())
    config["adaptation"]["moods"] = moods
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(RunError, match=r"damaged.*moods"):
        Run.open(run)
