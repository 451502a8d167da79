"""Popularity at the time counts what came before, the newer the more, and learns how fast it fades."""

from __future__ import annotations

import numpy as np
import pytest

from core.ranking import RecentPopularity, first_moments, learn_recent_popularity


def scores_at(popularity: RecentPopularity, *moments: int) -> dict[int, list[float]]:
    users = np.arange(len(moments))
    found: dict[int, list[float]] = {}
    for rows, scores in popularity.blocks(users, np.array(moments)):
        found |= {moments[int(row)]: score.tolist() for row, score in zip(rows, scores, strict=True)}
    return found


def test_rows_fade_by_half_and_later_ones_do_not_count() -> None:
    rows = RecentPopularity(np.array([0, 1, 1]), np.array([0, 10, 20]), 3, half_life=10.0)
    found = scores_at(rows, 30, 5, 20)
    assert found[5] == pytest.approx([2**-0.5, 0, 0])
    assert found[20] == pytest.approx([0.25, 0.5, 0])  # the row of that very moment isn't before it
    assert found[30] == pytest.approx([0.125, 0.25 + 0.5, 0])


def test_without_fading_all_that_came_before_counts_alike() -> None:
    rows = RecentPopularity.of(np.array([1, 0, 1]), np.array([20, 0, 10]), 2)
    assert scores_at(rows, 15, 99) == {15: [1, 1], 99: [1, 2]}


def test_the_half_life_is_learnt_where_taste_moves() -> None:
    """Each season has items of its own; fading fast ranks those of now, and no fading those of all times."""
    generator, seasons = np.random.default_rng(0), 12
    season = np.repeat(np.arange(seasons), 300)
    times = season * 1000 + generator.integers(0, 1000, len(season))
    items = season * 5 + generator.integers(0, 5, len(season))
    users = generator.integers(0, 60, len(season))
    moving = learn_recent_popularity(users, items, times, (60, 60), latest=True)
    assert moving.half_life < 4000
    still = learn_recent_popularity(
        users, generator.zipf(1.5, len(season)) % 60, times, (60, 60), latest=True
    )
    assert still.half_life > moving.half_life


def test_first_moments() -> None:
    first = first_moments(np.array([2, 0, 2]), np.array([5, 7, 3]), 3)
    assert first.tolist() == [7, np.iinfo(np.int64).max, 3]
