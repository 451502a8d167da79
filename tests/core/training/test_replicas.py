"""Replicas: several seeds side by side in one compiled call, and a run whose views see their mean."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Run, load_plugins, train
from core.cli.export import whole_model
from core.contract.architecture import Replicated, replicate
from core.contract.settings import resolve
from core.data.ratings import Ratings
from core.errors import UsageError
from core.model.baseline import rmse
from core.model.factorization import find_factorization
from core.model.fold_in import Folder
from core.training.gradient.trainer import GradientTrainer
from tests.support import training_data


def trainer_of(ratings: Ratings, name: str, **settings: Any) -> GradientTrainer:
    options: dict[str, Any] = {"factors": 4}
    if name == "nn":  # masks of dropout differ with the number of layers
        options |= {"dropout": 0.0, "hidden_dropout": 0.0}
    chosen = resolve(load_plugins().architecture(name), options=options, settings=settings)
    data = training_data(ratings)
    return GradientTrainer(chosen.architecture, chosen.options, chosen.settings, data, "/CPU:0")


@pytest.mark.parametrize("name", ["bias", "dot", "nn"])
@pytest.mark.parametrize("optimizer", ["rowwise_adagrad", "adam"])
def test_the_first_replica_learns_what_it_learns_alone(ratings: Ratings, name: str, optimizer: str) -> None:
    alone = trainer_of(ratings, name, optimizer=optimizer)
    both = trainer_of(ratings, name, optimizer=optimizer, replicas=2)
    for trainer in (alone, both):
        trainer.run_batches(0, trainer.begin_epoch(1), 0.05)
    users, items = ratings.users[:500], ratings.items[:500]
    members = both.replica_scores(users, items)
    np.testing.assert_allclose(members[:, 0], alone.scores(users, items), rtol=1e-3, atol=1e-4)
    assert members.shape == (500, 2)
    assert np.abs(members[:, 0] - members[:, 1]).max() > 1e-4
    np.testing.assert_allclose(both.scores(users, items), members.mean(axis=1), rtol=1e-6)


def test_replicas_go_on_exactly_from_a_saved_state(ratings: Ratings) -> None:
    with closing(trainer_of(ratings, "nn", replicas=2)) as first:
        first.run_batches(0, first.begin_epoch(1), 0.05)
        saved = first.state()
        first.run_batches(0, first.begin_epoch(2), 0.05)
        whole = first.state()
    with closing(trainer_of(ratings, "nn", replicas=2)) as second:
        second.restore(saved)
        second.run_batches(0, second.begin_epoch(2), 0.05)
        resumed = second.state()
    for key, array in whole.items():
        np.testing.assert_array_equal(array, resumed[key], err_msg=key)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("replicas")
    return train("demo", "bias", options={"factors": 8}, epochs=8, replicas=4, folder=folder / "run")


def test_the_mean_is_better_than_replicas_are_on_average_and_both_are_told(run: Run) -> None:
    assert run.summary is not None
    alone = run.summary["replica_rmse"]
    assert len(alone) == 4
    assert run.summary["val_rmse"] < np.mean(alone) - 1e-4


def test_views_see_one_factorization(run: Run) -> None:
    model = run.model
    found = find_factorization(model)
    assert found is not None and found.user_factors.shape[1] == 32
    users, items = np.arange(50), np.arange(50)
    terms = model.scorer.terms(3, 5)
    assert terms is not None and {name: part.shape for name, part in terms.items()} == {
        "factors": (32,),
        "user bias": (1,),
        "item bias": (1,),
    }
    raw = model.scorer.raw(users, items)
    product = (found.user_factors[users] * found.item_factors[items]).sum(axis=1) + found.offset
    np.testing.assert_allclose(
        raw, product + found.user_bias[users] + found.item_bias[items], rtol=1e-4, atol=1e-4
    )


def test_a_new_user_folds_into_the_mean(run: Run) -> None:
    model = run.model
    folder = Folder.of(model)
    items = np.arange(0, 300, 2)
    trained = model.scorer.raw(np.full(len(items), 7), items)
    folded = folder.fold(items, trained.astype(np.float32))
    average = folder.raw(folder.fold(items[:0], trained[:0]), items)
    errors = [rmse(one, trained) for one in (folder.raw(folded, items), average)]
    assert errors[0] < 0.3 * errors[1], errors
    assert np.corrcoef(folder.raw(folded, items), trained)[0, 1] > 0.9
    found = find_factorization(model)
    assert found is not None
    product = found.item_factors[items] @ folded.rows["user_factors"] + folded.rows["user_bias"]
    by_hand = product + found.item_bias[items] + found.offset
    np.testing.assert_allclose(folder.raw(folded, items), by_hand, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["bias", "nn"])
def test_an_exported_keras_model_predicts_the_mean(name: str, tmp_path: Path) -> None:
    saved = train(
        "demo", name, options={"factors": 4}, adapt=False, epochs=1, replicas=2, folder=tmp_path / "run"
    )
    whole = whole_model(saved.model)
    users = saved.model.users.ids[:40]
    items = saved.model.items.ids[:40]
    expected = saved.model.predict_many(users.tolist(), items.tolist())
    found = np.asarray(whole({"user": users, "item": items}))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_one_replica_is_the_architecture_and_own_trainers_are_refused() -> None:
    plugins = load_plugins()
    bias = plugins.architecture("bias")
    assert replicate(bias, 1) is bias
    assert isinstance(replicate(bias, 2), Replicated)
    with pytest.raises(UsageError, match="brings its own trainer"):
        replicate(plugins.architecture("bayes"), 2)
