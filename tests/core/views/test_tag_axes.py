"""Tags name axes where they truly belong to one, and chance names none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.api import load_run
from core.data import load_ratings
from core.model.model import Model
from core.runs.models import saved_model
from core.views.axes import MOST_TAGS, NamedAxis, named_axes, permutation_test
from tests.core.views.handmade import hand_model

ITEMS = 400


def tagged_model(extra: tuple[tuple[str, ...], ...] = ((),) * ITEMS, carriers: int = 40) -> Model:
    """400 items, all equally rated: the first `carriers` are dark comedies and lie high on the first axis;
    "noise" is on every third item, whatever its place, and "rare" on four of the highest."""
    generator = np.random.default_rng(1)
    factors = np.stack([generator.normal(0, 1, ITEMS), generator.normal(0, 0.4, ITEMS)], axis=1)
    factors[:carriers, 0] += 3
    model = hand_model()
    tags = tuple(
        ("dark comedy",) * (row < carriers) + ("noise",) * (row % 3 == 0) + ("rare",) * (row < 4) + extra[row]
        for row in range(ITEMS)
    )
    empty = ((),) * ITEMS
    years = np.zeros(ITEMS, np.int32)
    table = replace(
        model.item_table, titles=tuple(map(str, range(ITEMS))), genres=empty, years=years, tags=tags
    )
    baseline = replace(
        model.baseline, item_counts=np.ones(ITEMS, np.int64), item_offsets=np.zeros(ITEMS, np.float32)
    )
    weights = {**model.weights, "table/item_factors": factors.astype(np.float32)}
    return replace(model, item_table=table, baseline=baseline, weights=weights)


def significant(axis: NamedAxis) -> list[str]:
    return [feature.feature for feature in axis.features]


def test_a_planted_tag_names_its_axis_and_noise_names_none() -> None:
    first, second = named_axes(tagged_model())
    assert {first.high, first.low} == {"tag: dark comedy", ""}
    assert significant(first) == ["tag: dark comedy"]
    assert abs(first.features[0].correlation) > 0.5
    assert (second.high, second.low, second.features) == ("", "", ())


@pytest.mark.parametrize(("carriers", "tested"), [(4, False), (5, True)])
def test_a_tag_needs_five_items(carriers: int, tested: bool) -> None:
    first, _ = named_axes(tagged_model(carriers=carriers))
    assert ("tag: dark comedy" in significant(first)) is tested


def test_one_true_tag_stands_out_among_many_of_chance() -> None:
    generator = np.random.default_rng(2)
    chance = tuple(
        tuple(f"chance {word}" for word in range(150) if generator.random() < 0.05) for _ in range(ITEMS)
    )
    first, second = named_axes(tagged_model(chance))
    assert significant(first)[0] == "tag: dark comedy"
    assert len(significant(first)) + len(significant(second)) <= 4
    assert "chance" not in first.high + first.low


def test_only_the_most_frequent_tags_are_tested() -> None:
    frequent = tuple(f"everyday {word}" for word in range(MOST_TAGS))
    often = tuple(frequent if row % 2 else () for row in range(ITEMS))
    first, _ = named_axes(tagged_model(often))
    assert significant(first) == []  # 40 dark comedies are fewer than 200 of each everyday tag


def test_a_tag_of_every_item_and_one_that_is_a_genre_too_do_no_harm() -> None:
    model = tagged_model((("everywhere",),) * ITEMS)
    genres = tuple(("dark comedy",) * (row < 40) for row in range(ITEMS))
    first, _ = named_axes(replace(model, item_table=replace(model.item_table, genres=genres)))
    assert sorted(significant(first)) == ["dark comedy", "tag: dark comedy"]


def test_the_permutation_test_agrees_with_its_definition() -> None:
    generator = np.random.default_rng(0)
    features, values = generator.random((50, 3)) < 0.3, generator.normal(size=(50, 2))
    correlations, p_values = permutation_test(features.astype(float), values)
    for feature in range(3):
        for axis in range(2):
            observed = np.corrcoef(features[:, feature], values[:, axis])[0, 1]
            assert correlations[feature, axis] == pytest.approx(observed)
            chance = [
                np.corrcoef(features[:, feature], generator.permutation(values[:, axis]))[0, 1]
                for _ in range(1500)
            ]
            assert p_values[feature, axis] == pytest.approx(
                np.mean(np.abs(chance) >= abs(observed)), abs=0.05
            )


@pytest.mark.real_data
def test_tags_of_movielens_join_the_axes(movielens_2016: Path, trained_once: Callable[..., Path]) -> None:
    ratings = load_ratings(movielens_2016)
    model = saved_model(load_run(trained_once(movielens_2016, "bias")))
    assert model.item_table.tags == ratings.item_table.tags
    assert any(name.startswith("tag: ") for axis in named_axes(model) for name in significant(axis))
