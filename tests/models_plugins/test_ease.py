"""EASE: its closed form, its pruning, exact reasons and free fold-in."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from core import TastemapError, TrainingData, load_plugins, resume, train
from core.contract import resolve
from core.errors import UsageError
from core.testing import assert_conforms
from core.training import make_trainer
from core.views import FoldIn, Map, SimilarItems, SimilarUsers, Why
from models_plugins.ease import Ease
from models_plugins.ease._histories import UNLINKED
from models_plugins.ease._links import (
    FEWEST_LINKS,
    item_links,
    item_vectors,
    item_weights,
    kept_items,
    link_scores,
    telling_links,
)
from tests.support import make_ratings

USERS, ITEMS = 80, 25


def taken(seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    tastes = generator.random((USERS, 3)) @ generator.random((3, ITEMS))
    return (generator.random((USERS, ITEMS)) < 0.25 * tastes).astype(np.float32)


def closed_form(matrix: np.ndarray, l2: float) -> np.ndarray:
    inverse = np.linalg.inv(matrix.T.astype(np.float64) @ matrix + l2 * np.eye(matrix.shape[1]))
    weights = np.eye(matrix.shape[1]) - inverse / np.diag(inverse)
    np.testing.assert_allclose(np.diag(weights), 0, atol=1e-9)
    return weights


def dense(links: Any, count: int) -> np.ndarray:
    parts = (links.weights.astype(np.float32), links.sources, links.starts)
    return scipy.sparse.csr_array(parts, (count, count)).toarray().T


def test_unpruned_links_are_the_closed_form() -> None:
    matrix = taken()
    found = dense(item_links(scipy.sparse.csr_array(matrix), 20.0, ITEMS), ITEMS)
    assert np.allclose(found, closed_form(matrix, 20.0), atol=1e-3)


def test_links_in_the_size_of_the_users_are_the_closed_form_too() -> None:
    few = taken()[: ITEMS // 3]
    found = dense(item_links(scipy.sparse.csr_array(few), 20.0, ITEMS), ITEMS)
    assert np.allclose(found, closed_form(few, 20.0), atol=1e-3)
    nearly_singular = dense(item_links(scipy.sparse.csr_array(few), 0.05, ITEMS), ITEMS)
    assert np.allclose(nearly_singular, closed_form(few, 0.05), atol=1e-2)


def test_all_ways_to_add_links_up_give_the_same_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    histories = scipy.sparse.csr_array(taken())
    links = item_links(histories, 20.0, 5).matrix()
    wanted = histories.toarray() @ links.toarray().T
    np.testing.assert_allclose(link_scores(histories, links), wanted, atol=1e-5)
    np.testing.assert_allclose(link_scores(histories[:3], links), wanted[:3], atol=1e-5)
    monkeypatch.setattr("models_plugins.ease._links._MOST_DENSE", 1)
    np.testing.assert_allclose(link_scores(histories, links), wanted, atol=1e-5)


def test_pruning_keeps_the_strongest_of_all() -> None:
    matrix = taken()
    exact = closed_form(matrix, 20.0)
    found = dense(item_links(scipy.sparse.csr_array(matrix), 20.0, 5), ITEMS)
    kept = found != 0
    assert abs(kept.sum() - 5 * ITEMS) <= 2
    assert np.abs(exact[kept]).min() >= np.abs(exact[~kept]).max() - 1e-4


def test_as_many_links_are_kept_as_have_something_to_say() -> None:
    weights = np.zeros((1000, 1000), np.float32)
    weights[:, :600] = 0.2
    assert 590 <= telling_links(weights) <= 600
    assert telling_links(weights + 0.1) > 900  # what is weak but everywhere counts too
    assert telling_links(np.zeros((1000, 1000), np.float32)) == FEWEST_LINKS


def test_vectors_of_items_multiply_to_their_partial_correlations() -> None:
    weights = item_weights(scipy.sparse.csr_array(taken()), 20.0)
    precision = np.linalg.inv(taken().T @ taken() + 20.0 * np.eye(ITEMS))
    scales = np.sqrt(np.diag(precision))
    partial = -precision / np.outer(scales, scales)
    np.fill_diagonal(partial, 0)
    strengths, axes = np.linalg.eigh(partial)
    leading = np.argsort(-strengths)[:32]
    leading = leading[strengths[leading] > 0]
    nearest_of_rank = axes[:, leading] * strengths[leading] @ axes[:, leading].T
    vectors = item_vectors(weights)
    assert np.allclose(vectors @ vectors.T, nearest_of_rank, atol=2e-3)


def test_items_with_too_few_likes_or_beyond_the_most_are_left_out() -> None:
    counts = np.array([5, 1, 3, 3, 9])
    assert kept_items(counts, 3, 10).tolist() == [0, 2, 3, 4]
    assert kept_items(counts, 1, 2).tolist() == [0, 4]


def data_of(matrix: np.ndarray) -> TrainingData:
    users, items = np.nonzero(matrix)
    ones = np.ones(len(users), np.float32)
    rows = users.astype(np.int32), items.astype(np.int32)
    return TrainingData(*rows, ones, USERS, ITEMS, 0.0, objective="ranking")


def test_the_trainer_scores_histories_and_puts_what_has_no_links_last_by_popularity() -> None:
    matrix = taken()
    matrix[:, 3] = 0
    matrix[:2, 3] = 1
    matrix[:, 4] = 0
    matrix[0, 4] = 1
    settings = {"objective": "ranking"}
    chosen = resolve(Ease(), options={"l2": 20.0, "min_likes": 3, "links": ITEMS}, settings=settings)
    trainer, _ = make_trainer(chosen.architecture, chosen.options, chosen.settings, data_of(matrix))
    with closing(trainer):
        trainer.run_batches(0, trainer.begin_epoch(1), 1.0)
        scores = trainer.all_scores(np.arange(USERS, dtype=np.int32))  # type: ignore[attr-defined]
        state = trainer.state()
        trainer.restore(state)
    linked = np.setdiff1d(np.arange(ITEMS), [3, 4])
    expected = matrix[:, linked] @ closed_form(matrix[:, linked], 20.0)
    assert np.allclose(scores[:, linked], expected, atol=5e-3)
    assert (scores[:, 4] >= UNLINKED).all() and (scores[:, 4] < scores[:, 3]).all()
    assert (scores[:, 3] < scores[:, linked].min(axis=1)).all()


def test_too_few_items_are_told() -> None:
    chosen = resolve(Ease(), options={"min_likes": 1000}, settings={"objective": "ranking"})
    with pytest.raises(TastemapError, match="enough likes"):
        make_trainer(chosen.architecture, chosen.options, chosen.settings, data_of(taken()))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train(make_ratings(), "ease", adapt=False, folder=tmp_path_factory.mktemp("ease") / "run")


def test_ease_ranks_without_being_told_and_saves_all_that_scores_need(run: Any) -> None:
    assert (run.objective, run.val_rmse) == ("ranking", None)
    assert run.val_ndcg > 0
    from core import load_run

    users = np.array([0, 3], np.int64)
    again = load_run(run.folder).model.scorer.all_scores(users)
    assert np.array_equal(again, run.model.scorer.all_scores(users))


def test_what_ease_has_no_use_for_is_refused_on_going_on_too(run: Any) -> None:
    for settings in ({"epochs": 2000}, {"learning_rate": 0.1}):
        with pytest.raises(UsageError, match="ease has no --"):
            resume(run.folder, **settings)


def test_ease_conforms() -> None:
    assert_conforms(Ease(), {"min_likes": 1, "l2": 20.0})


def test_why_is_exact(run: Any) -> None:
    model = run.model
    target = int(model.scorer.taken.of_user(2)[0])
    user, item = model.users.identifier(2), model.items.identifier(target)
    answer = Why(user=user, item=item, count=100).answer(model)
    own = model.scorer.raw(np.array([2]), np.array([target]))[0]
    assert sum(one.effect for one in answer.influences) == pytest.approx(own, abs=1e-4)
    assert all(one.rating is None for one in answer.influences)
    assert not answer.counterfactuals


def test_a_folded_in_user_is_the_trained_user_of_the_same_history(run: Any) -> None:
    model = run.model
    likes = tuple(model.items.identifier(int(row)) for row in model.scorer.taken.of_user(5))
    folded = FoldIn(likes=likes, count=5).answer(model)
    raw = model.predictor.raw(np.full(len(model.items), 5), np.arange(len(model.items)))
    raw[model.scorer.taken.of_user(5)] = -np.inf
    raw[model.baseline.item_counts == 0] = -np.inf
    best = [model.items.identifier(int(row)) for row in np.argsort(-raw, kind="stable")[:5]]
    assert [one.item for one in folded.top] == best


def test_neighbours_and_the_map_follow_from_the_links(run: Any) -> None:
    model = run.model
    popular = model.items.identifier(int(np.argmax(model.baseline.item_counts)))
    near = SimilarItems(item=popular, count=3).answer(model).similar
    assert len(near) == 3 and near[0].similarity > 0
    assert len(Map(last=10).answer(model).items) == 10
    with pytest.raises(UsageError, match="ease has no user factors"):
        SimilarUsers(user=model.users.identifier(0)).answer(model)


def test_an_item_without_links_has_no_neighbours(tmp_path: Path) -> None:
    run = train(make_ratings(), "ease", options={"most_items": 5}, adapt=False, folder=tmp_path / "run")
    seldom = run.model.items.identifier(int(np.argmin(run.model.baseline.item_counts)))
    with pytest.raises(UsageError, match="too seldom in training for ease"):
        SimilarItems(item=seldom).answer(run.model)


def test_ease_predicts_no_ratings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="predicts no ratings"):
        train(make_ratings(), "ease", adapt=False, folder=tmp_path / "run", objective="rating")
    with pytest.raises(UsageError, match="can't be trained to rank"):
        train(make_ratings(), "bayes", folder=tmp_path / "run", objective="ranking")
    assert load_plugins().architecture("ease").objectives == ("ranking",)


@pytest.mark.parametrize("name", ["taken/items", "history/sources", "history/kept"])
def test_weights_that_point_nowhere_are_refused(name: str, run: Any, tmp_path: Path) -> None:
    import shutil

    from safetensors.numpy import load_file, save_file

    from core import load_run

    copy = shutil.copytree(run.folder, tmp_path / "copy")
    arrays = load_file(copy / "weights.safetensors")
    arrays[name] = arrays[name].copy()
    arrays[name][-1] = 60_000
    save_file(arrays, copy / "weights.safetensors", metadata={"about": "{}"})
    with pytest.raises(TastemapError):
        load_run(copy).model.scorer.all_scores(np.array([0], np.int64))


def test_a_kept_inverse_is_updated_by_a_block_to_what_solving_anew_gives(tmp_path: Path) -> None:
    """A new user, and an item that enough like now; a large change is solved anew."""
    draws = np.random.default_rng(0)
    users, items = np.nonzero(draws.random((80, 60)) < 0.3)
    frame = pd.DataFrame({"user": [f"u{u}" for u in users], "item": items})
    frame = pd.concat([frame, pd.DataFrame({"user": ["u0", "u1"], "item": [900, 900]})])
    options = {"l2": 10.0, "keep_inverse": True}
    parent = train(frame, "ease", options=options, split="none", folder=tmp_path / "parent")
    news = pd.DataFrame({"user": ["v", "v", "v", "u2"], "item": [1, 2, 900, 900]})
    child = parent.update(news)
    told = child.updated
    assert told is not None and told.how.endswith("from where it was")
    anew = train(pd.concat([frame, news]), "ease", options=options, split="none", folder=tmp_path / "anew")
    for user in ("v", "u2", "u40"):
        ours, theirs = (
            {one.item: one.score for one in run.recommend(user, n=20).items} for run in (child, anew)
        )
        assert list(ours)[:5] == list(theirs)[:5]
        np.testing.assert_allclose(list(ours.values()), list(theirs.values()), atol=2e-3)
    many = pd.DataFrame({"user": [f"w{u}" for u in users], "item": items})
    large = child.update(many).updated
    assert large is not None and large.how.endswith("as a whole")
