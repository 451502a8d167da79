"""Names of axes are tested: what truly belongs to one names it, and chance names none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from core.api import load_run
from core.data import load_ratings
from core.errors import RunError, UsageError
from core.model import component_names
from core.model.component_names import (
    COMPONENT_NAMES_FILE,
    MOST_TAGS,
    NamedAxis,
    permutation_test,
    read_component_names,
    write_component_name,
)
from core.model.model import Model
from core.views import Axes
from tests.core.views.handmade import hand_model

ITEMS = 400


def named_axes(model: Model) -> tuple[NamedAxis, ...]:
    return component_names.named_axes(model, most_rated=Axes().most_rated, components=3)


def test_q_values_by_hand() -> None:
    """Benjamini & Hochberg's correction is SciPy's, over all features and components together."""
    q_values = false_discovery_control(np.array([[0.01, 0.04], [0.03, 0.5]]), axis=None)
    assert q_values.ravel() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_correlations_and_permuted_p_values() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(100, 1))
    features = np.hstack([values * 2 + 1, generator.normal(size=(100, 1)), np.ones((100, 1))])
    correlations, p_values = permutation_test(features, values)
    assert correlations[0, 0] == pytest.approx(1)
    assert correlations[1, 0] == pytest.approx(np.corrcoef(features[:, 1], values[:, 0])[0, 1])
    assert p_values[0, 0] == pytest.approx(1 / 2001)
    assert p_values[2, 0] == 1


def planted_model() -> Model:
    """200 items whose first factor is the year and whose second is noise."""
    generator = np.random.default_rng(0)
    model = hand_model()
    years = generator.integers(1950, 2000, 200)
    factors = np.stack([(years - 1975) / 10, generator.normal(0, 0.3, 200)], axis=1)
    table = replace(
        model.item_table,
        titles=tuple(map(str, range(200))),
        genres=((),) * 200,
        years=years.astype(np.int32),
    )
    baseline = replace(
        model.baseline, item_counts=generator.permutation(200) + 1, item_offsets=np.zeros(200, np.float32)
    )
    weights = {**model.weights, "table/item_factors": factors.astype(np.float32)}
    return replace(model, item_table=table, baseline=baseline, weights=weights)


def test_a_planted_axis_gets_its_name_and_noise_gets_none() -> None:
    first, second = named_axes(planted_model())
    assert {first.high.split(" · ")[0], first.low.split(" · ")[0]} == {"newer", "older"}
    assert first.features[0].feature == "year"
    assert abs(first.features[0].correlation) > 0.99
    assert (second.high, second.low, second.features) == ("", "", ())


def test_pure_noise_is_rarely_significant() -> None:
    generator = np.random.default_rng(0)
    found = 0
    for _ in range(20):
        _, p_values = permutation_test(generator.normal(size=(60, 5)), generator.normal(size=(60, 2)))
        found += bool((false_discovery_control(p_values, axis=None) <= 0.05).any())
    assert found <= 4


def test_items_without_properties_have_no_names() -> None:
    model = planted_model()
    table = replace(model.item_table, years=np.zeros(200, np.int32))
    baseline = replace(model.baseline, item_counts=np.ones(200, np.int64))
    axes = named_axes(replace(model, item_table=table, baseline=baseline))
    assert [axis.features for axis in axes] == [(), ()]


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
    model = load_run(trained_once(movielens_2016, "bias")).model
    assert model.item_table.tags == ratings.item_table.tags
    assert any(name.startswith("tag: ") for axis in named_axes(model) for name in significant(axis))


def test_the_planted_tastes_are_found_and_named(trained_once: Callable[..., Path]) -> None:
    """The demo set's tastes are planted, so the axes that a model finds there have known names."""
    model = load_run(trained_once("demo", "bias")).model
    axes = named_axes(model)
    ends = [{axis.high.split(" · ")[0], axis.low.split(" · ")[0]} for axis in axes]
    assert sum(axis.explained for axis in axes) > 0.9
    assert {"Action", "Drama"} in ends
    assert any("Children" in end for end in ends)
    assert {"newer", "older"} in ends


def test_a_name_has_a_hundred_characters_at_most(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="100 characters"):
        write_component_name(tmp_path, 1, "x" * 101)


def test_a_damaged_file_of_names_is_told(tmp_path: Path) -> None:
    (tmp_path / COMPONENT_NAMES_FILE).write_text('{"one": "loud"}')
    with pytest.raises(RunError, match="damaged"):
        read_component_names(tmp_path)
