"""How far a ranking is trusted over popularity is learnt on a carved part of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import train
from core.training._trusting import SHARES, Reached, _conclude


def reached(gains: dict[tuple[int, float], float], users: int = 400) -> Reached:
    """nDCG of users under each choice: popularity's, the choice's gain, and chance."""
    generator = np.random.default_rng(0)
    popularity = generator.uniform(0.1, 0.5, users)
    return {
        (epoch, share): popularity
        + (gains.get((epoch, share), 0.0) + generator.normal(0, 0.02, users) if share else 0.0)
        for epoch in (5, 10)
        for share in SHARES
    }


def test_a_model_that_ranks_better_is_trusted_whole_and_trained_to_the_end() -> None:
    found = _conclude(
        reached({(epoch, share): 0.1 * share for epoch in (5, 10) for share in SHARES}), 3.0, 10, 50
    ).adaptation
    assert (found.epochs, found.share, found.popularity, found.ratings) == (10, 1.0, 0.0, 50)
    assert found.tuning_ndcg == pytest.approx(found.popularity_ndcg + 0.1, abs=0.01)  # type: ignore[operator]


def test_a_clearly_better_mixture_and_an_earlier_end_are_taken() -> None:
    found = _conclude(reached({(10, 1.0): 0.02, (5, 0.5): 0.1}), 3.0, 10, 50).adaptation
    assert (found.epochs, found.share, found.popularity) == (5, 1.5, 0.5)


def test_a_model_no_better_than_popularity_by_more_than_chance_gives_way_to_it() -> None:
    found = _conclude(reached({(10, 1.0): -0.05, (5, 0.25): 0.0002}), 3.0, 10, 50).adaptation
    assert (found.epochs, found.share, found.popularity) == (10, 0.0, 1.0)
    assert found.tuning_ndcg == found.popularity_ndcg


@pytest.mark.parametrize("architecture", ["bias", "ease"])
def test_where_nothing_but_popularity_is_to_be_learnt_the_ranking_is_popularitys(
    architecture: str, tmp_path: Path
) -> None:
    generator = np.random.default_rng(3)
    chance = np.linspace(0.6, 0.05, 30)
    users, items = np.nonzero(generator.random((60, 30)) < chance)
    path = tmp_path / "taken.csv"
    path.write_text("user,item\n" + "".join(f"u{u},i{i}\n" for u, i in zip(users, items, strict=True)))
    run = train(path, architecture, folder=tmp_path / "run")
    learnt = run.config.adaptation
    assert (learnt["share"], learnt["popularity"]) == (0.0, 1.0)
    assert run.val_ndcg == run.summary["baseline_ndcg"]
    model = run.model
    first = model.predict("u0", "i0").raw - model.predict("u0", "i29").raw
    counts = model.baseline.item_counts[[model.items.row("i0"), model.items.row("i29")]]
    assert first == pytest.approx(float(np.diff(np.log(counts[::-1] + 0.5))[0]), abs=1e-4)
