import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score

from core.errors import DataError, RunError
from core.ranking import figures_of
from core.views.quality.ranking import Ranking
from tests.core.views.handmade import hand_model, without_ratings


def test_ndcg_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    scores, relevant = generator.normal(size=(40, 60)), generator.random((40, 60)) < 0.1
    relevant[:, 0] = True
    for k in (1, 5, 60):
        top = np.argsort(-scores, axis=1)[:, :k]
        figures = figures_of(np.take_along_axis(relevant, top, axis=1), relevant.sum(axis=1))
        assert figures[:, 0].mean() == pytest.approx(ndcg_score(relevant.astype(float), scores, k=k))


def test_average_precision_of_a_whole_ranking_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    scores, relevant = generator.normal(size=(20, 30)), generator.random((20, 30)) < 0.2
    relevant[:, 3] = True
    hits = np.take_along_axis(relevant, np.argsort(-scores, axis=1), axis=1)
    expected = [average_precision_score(truth, score) for truth, score in zip(relevant, scores, strict=True)]
    assert figures_of(hits, relevant.sum(axis=1))[:, 2] == pytest.approx(expected)


def test_figures_by_hand() -> None:
    hits, relevant = np.array([[False, True, True]]), np.array([4])
    ndcg = (1 / np.log2(3) + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2)
    assert figures_of(hits, relevant)[0] == pytest.approx([ndcg, 0.5, (1 / 2 + 2 / 3) / 3])


def test_the_hand_made_ranking() -> None:
    # Only cid's 5 for item 10 is relevant; cid gets the item means, of which 10's 3.5 is second to 14's 4.
    quality = Ranking(k=2).answer(hand_model())
    assert (quality.users, quality.relevant_from) == (1, 3.875)
    assert quality.model.ndcg == pytest.approx(1 / np.log2(3))
    assert (quality.model.recall, quality.model.map) == (1, 0.5)
    assert quality.model.coverage == pytest.approx(2 / 5)
    assert quality.model.novelty == pytest.approx((0 + 1) / 2)  # two of two users rated item 10, one item 14


def test_popularity_is_measured_the_same_way() -> None:
    assert Ranking(k=1).answer(hand_model()).popularity.ndcg == 1


def test_nothing_relevant_is_told() -> None:
    with pytest.raises(DataError, match="nothing is relevant"):
        Ranking(relevant_from=5.5).answer(hand_model())


def test_ranking_needs_the_table() -> None:
    with pytest.raises(RunError, match="gone"):
        Ranking().answer(without_ratings(hand_model()))


def test_a_blend_of_rating_and_popularity_ranks_by_both() -> None:
    model = hand_model()
    own, blend = Ranking(k=1).answer(model), Ranking(k=1, rank_by="blend").answer(model)
    assert own.model.ndcg < 1 == blend.model.ndcg == blend.popularity.ndcg


def test_groups_of_users_cover_all_of_them() -> None:
    quality = Ranking(k=2, relevant_from=2).answer(hand_model())
    assert sum(group.users for group in quality.by_activity) == quality.users
    assert np.average(
        [group.ndcg for group in quality.by_activity], weights=[group.users for group in quality.by_activity]
    ) == pytest.approx(quality.model.ndcg)
