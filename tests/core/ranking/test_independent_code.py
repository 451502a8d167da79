"""Figures of rankings against independent code: scikit-learn's nDCG, and all of them against ranx."""

from __future__ import annotations

import numpy as np
import pytest

from core.ranking import ItemSets, RankingTask

USERS, ITEMS, K = 50, 120, 10


def made_task() -> tuple[RankingTask, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """A task with random scores; ten relevant at most, since ranx divides precision by all of them."""
    generator = np.random.default_rng(0)
    sought = [generator.permutation(ITEMS)[: generator.integers(1, K + 1)] for _ in range(USERS)]
    known = [np.setdiff1d(generator.permutation(ITEMS)[:20], found) for found in sought]
    seen, relevant = (
        ItemSets.of(np.repeat(np.arange(USERS), list(map(len, rows))), np.concatenate(rows), (USERS, ITEMS))
        for rows in (known, sought)
    )
    scores = generator.random((USERS, ITEMS)).astype(np.float32)
    for user, rows in enumerate(sought):
        scores[user, rows] += generator.uniform(0, 0.6, len(rows)).astype(np.float32)
    return RankingTask.of(seen, relevant, seen.item_sizes), scores, known, sought


def test_ndcg_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import ndcg_score

    task, scores, known, sought = made_task()
    measured = task.measure([(np.arange(USERS), scores.copy())], K)
    for user in range(USERS):
        kept = np.setdiff1d(np.arange(ITEMS), known[user])
        truth = np.isin(kept, sought[user]).astype(float)
        theirs = ndcg_score(truth[None, :], scores[user, kept][None, :], k=K)
        assert measured.ndcg[user] == pytest.approx(theirs, abs=1e-6)


def test_all_figures_are_those_of_ranx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # to compile it would take a minute
    ranx = pytest.importorskip("ranx", reason="ranx isn't installed, which needs numba for this Python")
    task, scores, known, sought = made_task()
    measured = task.measure([(np.arange(USERS), scores.copy())], K)

    run = {
        f"u{user}": {
            f"i{item}": float(scores[user, item]) for item in range(ITEMS) if item not in set(known[user])
        }
        for user in range(USERS)
    }
    judged = {f"u{user}": {f"i{item}": 1 for item in rows} for user, rows in enumerate(sought)}
    names = [f"ndcg@{K}", f"recall@{K}", "recall@20", f"map@{K}"]
    theirs = ranx.evaluate(ranx.Qrels(judged), ranx.Run(run), names, return_mean=False)
    order = np.argsort([f"u{user}" for user in range(USERS)])
    ours = (measured.ndcg, measured.recall, measured.recall_20, measured.precision)
    for name, own in zip(names, ours, strict=True):
        np.testing.assert_allclose(own[order], theirs[name], atol=1e-6, err_msg=name)
