"""How noisy likes are, which pulls are tried then, and how one is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import load_plugins, load_ratings, split_ratings, train
from core.array_types import DoubleArray
from core.contract import Resolved, TrainingData, resolve, settle
from core.errors import DivergenceError
from core.training._trusting import Reached, Watched, _choose, learn_trust
from core.training.ranking import other_pulls
from core.training.ranking.noise import links_noise, noise_level


def by_chance(users: int, items: int, each: int, fall: float) -> TrainingData:
    """Users who each take so many of the items by popularity alone, which falls by a power of the rank."""
    draws = np.random.default_rng(0)
    chances = (np.arange(items) + 0.05 * items) ** -fall
    wishes = np.log(chances) + draws.gumbel(size=(users, items))
    taken = np.sort(np.argpartition(-wishes, each, axis=1)[:, :each], axis=1)
    rows = np.repeat(np.arange(users, dtype=np.int32), each)
    count = users * each
    weights = np.ones(count, np.float32)
    return TrainingData(rows, taken.ravel().astype(np.int32), weights, users, items, 0.0, objective="ranking")


@pytest.mark.parametrize("fall", [0.0, 0.6])
def test_the_noise_is_what_a_table_without_tastes_shows(fall: float) -> None:
    data = by_chance(600, 400, 20, fall)
    taken = np.zeros((600, 400))
    taken[data.users, data.items] = 1
    away = (taken - 20 * taken.mean(axis=0) / 20) / np.sqrt(20)
    strongest = np.linalg.svd(away, compute_uv=False)[0] * np.sqrt(400 / len(data))
    assert noise_level(data) == pytest.approx(strongest, rel=0.12)
    assert links_noise(data) == pytest.approx(20 * (strongest / np.sqrt(400 / len(data))) ** 2, rel=0.25)


def test_likes_of_unlike_weights_are_noisier() -> None:
    data = by_chance(100, 80, 10, 0.0)
    weights = np.where(np.arange(len(data)) % 2, 1.0, 3.0).astype(np.float32)
    assert noise_level(replace(data, targets=weights)) == pytest.approx(noise_level(data) * np.sqrt(5 / 4))


def ranking(name: str = "nn", **options: object) -> Resolved:
    chosen = resolve(load_plugins().architecture(name), options=options, settings={"objective": "ranking"})
    return settle(chosen, has_ratings=True)


def test_ever_weaker_pulls_are_tried_where_likes_are_less_noisy() -> None:
    quiet = by_chance(700, 300, 40, 0.0)
    tried = [(one.options.l2, one.options.net_l2, one.by_noise) for one in other_pulls(ranking(), quiet)]  # type: ignore[attr-defined]
    assert tried == [(0.262, 0.283, ()), (0.185, 0.2, ()), (0.131, 0.141, ()), (0.0925, 0.1, ())]


def test_ever_stronger_ones_where_they_are_noisier_and_none_of_what_was_asked_for() -> None:
    noisy = by_chance(2600, 2000, 4, 0.8)
    tried = [(one.options.l2, one.options.net_l2) for one in other_pulls(ranking(l2=0.1), noisy)]  # type: ignore[attr-defined]
    assert tried == [(0.1, 0.566), (0.1, 0.8), (0.1, 1.13), (0.1, 1.6)]


def test_pulls_on_links_go_by_squares() -> None:
    tried = [one.options.l2 for one in other_pulls(ranking("ease"), by_chance(4000, 600, 200, 0.3))]  # type: ignore[attr-defined]
    assert tried == [500, 1000, 2000, 4000]


def test_nothing_is_tried_with_few_likes() -> None:
    assert not list(other_pulls(ranking(), by_chance(200, 100, 20, 0.0)))


def watched(ndcg: float, draws: np.random.Generator) -> Watched:
    users: DoubleArray = np.clip(ndcg + 0.02 * draws.standard_normal(400), 0, 1)
    return {(25, 1.0): users}, 1.0


def others(start: Resolved, *values: float) -> Iterator[Resolved]:
    for value in values:
        yield replace(start, options=type(start.options).parse({**start.options.to_dict(), "l2": value}))


@pytest.mark.parametrize(
    ("reached", "chosen"),
    [
        ({0.5: 0.34, 0.7: 0.38, 1.0: 0.36}, 0.7),
        ({0.5: 0.30, 0.7: 0.50, 1.0: 0.50}, 0.37),
        ({0.5: 0.34, 0.7: None, 1.0: 0.50}, 0.5),
    ],
    ids=["while it gains", "not beyond chance", "until it diverges"],
)
def test_pulls_are_taken_as_long_as_each_gains(reached: dict[float, float | None], chosen: float) -> None:
    draws, told, start = np.random.default_rng(1), list[str](), ranking()

    def reach(one: Resolved, _: Reached) -> Watched:
        ndcg = reached[one.options.l2]  # type: ignore[attr-defined]
        if ndcg is None:
            raise DivergenceError("It diverged.", hint="Less.")
        return watched(ndcg, draws)

    found, _ = _choose(start, watched(0.3, draws), others(start, *reached), reach, told.append)
    assert found.options.l2 == chosen  # type: ignore[attr-defined]
    assert told[0] == "l2 0.5"


def test_what_was_given_up_half_way_is_not_taken() -> None:
    draws, start = np.random.default_rng(1), ranking()

    def given_up(_: Resolved, against: Reached) -> Watched:
        assert (25, 1.0) in against
        return {(13, 1.0): watched(0.9, draws)[0][25, 1.0]}, 1.0

    found, _ = _choose(start, watched(0.3, draws), others(start, 0.5), given_up, print)
    assert found == start


def test_a_stop_ends_the_trials_too() -> None:
    start = ranking()
    found = _choose(start, watched(0.3, np.random.default_rng(1)), others(start, 0.5), lambda *_: None, print)
    assert found == (start, None)


def test_pulls_chosen_on_a_part_of_the_users_are_less_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """In units of the noise, of which all show less than a part."""
    monkeypatch.setattr("core.training._trusting._MOST_LIKES", 8000)
    data = by_chance(600, 400, 40, 0.0)
    table = load_ratings(pd.DataFrame({"user": data.users, "item": data.items}))
    chosen = settle(
        resolve(
            load_plugins().architecture("bias"),
            options={"factors": 2},
            settings={"objective": "ranking", "epochs": 1},
        ),
        has_ratings=False,
    )
    split, told = split_ratings(table), list[str]()
    found = learn_trust(table, split, chosen, told.append, lambda: False)
    assert found is not None
    pulled = found.adaptation.options["l2"]
    part = 8000 / len(split.train)
    assert 0.37 * np.sqrt(part) < pulled < 0.37 * 0.85


def test_what_was_chosen_is_what_is_trained_and_kept(tmp_path: Path) -> None:
    """Four groups with items of their own, whom far weaker pulls serve better in few epochs."""
    draws = np.random.default_rng(0)
    groups = (np.arange(500) % 4)[:, None] == (np.arange(200) % 4)[None, :]
    users, items = np.nonzero(draws.random((500, 200)) < np.where(groups, 0.6, 0.08))
    table = load_ratings(pd.DataFrame({"user": users, "item": items}))
    settings = {"epochs": 4, "adapt": True}
    run = train(table, "bias", options={"factors": 4}, folder=tmp_path / "run", **settings)
    assert run.config.adaptation["options"] == {"l2": run.config.options["l2"]}
    assert run.config.options["l2"] < 0.37
