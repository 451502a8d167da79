"""Nothing of the held-out part reaches what is trained on: replaced at random, it leaves all bit-identical.

What may cross, since it is no rating of the held-out part: how many rows the table has and which users and
items there are at all (the sizes of the model's tables), and the scale, the lowest and highest rating of all
rows, to which predictions are clipped. So replacements stay within the table's ids and its scale. A split
that is made by users (`user`, `newcomers`), by times (`time`) or by both (`last`) may look at them in every
row: there the replacement keeps them, and only what was rated and how is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core import train
from core.contract.plugins import load_plugins
from core.contract.settings import TrainingSettings, used_settings
from core.data.ratings import Ratings
from core.data.split import carve_tuning
from core.runs.run import Run
from core.training._prepare import Prepared, prepare
from models_plugins.bayes._trainer import side_features
from models_plugins.bayes.architecture import Bayes
from tests.support import make_ratings

USERS, ITEMS, PER_USER = 48, 40, 20
ROWS = USERS * PER_USER
SPLITS: dict[str, dict[str, Any]] = {
    "random": {},
    "user": {},
    "last": {"last_count": 4},
    "kfold": {"folds": 5, "fold": 2},
    "official": {},
    "time": {},
    "newcomers": {},
}
TRAINED = ["random", "user", "last", "kfold", "official"]
"""With these splits models are trained too; of the others what is trained on is looked at."""

SPLIT_SEED = 93
"""With it `random`, too, holds out a fifth exactly, so that all methods train on as many rows."""

BY_USERS = ("user", "last", "time", "newcomers")
PATIENCE = [0, 2]
ARCHITECTURES = ["bayes", "bias", "dot", "nn"]
RANKERS = ["bias", "dot", "ease", "nn", "stack"]
OPTIONS: dict[str, dict[str, Any]] = {
    "bayes": {"factors": 2, "components": 4, "sweeps": 3, "burn_in": 1},
    "bias": {"factors": 3},
    "dot": {"factors": 3},
    "nn": {"factors": 3, "net_factors": 2, "hidden_units": 4},
    "ease": {"min_likes": 1},
    "stack": {"factors": 3, "members": 1, "passes": 2, "min_likes": 1},
}


def made_table() -> Ratings:
    """960 ratings with times, of which the last 192 are an official test part."""
    made = make_ratings(USERS, ITEMS, PER_USER)
    times = np.random.default_rng(1).permutation(ROWS).astype(np.int64)
    return replace(made, timestamps=times, held_out=ROWS // 5)


def settings_of(method: str, patience: int) -> dict[str, Any]:
    return {"split": method, "split_seed": SPLIT_SEED, "early_stopping": patience, **SPLITS[method]}


def with_other_held_out_part(table: Ratings, settings: TrainingSettings, seed: int = 7) -> Ratings:
    """Replace users (where the split isn't made by them), items and values of all held-out rows at random."""
    generator, rows = np.random.default_rng(seed), prepare(table, settings).split.test
    users, items, values = table.users.copy(), table.items.copy(), table.ratings.copy()
    if settings.split not in BY_USERS:
        users[rows] = generator.integers(0, USERS, len(rows))
    items[rows] = generator.integers(0, ITEMS, len(rows))
    values[rows] = generator.integers(1, 11, len(rows)) / 2
    return replace(table, users=users, items=items, ratings=values)


def with_one_training_pair_moved(table: Ratings, settings: TrainingSettings) -> Ratings:
    """The item of one training row is another one."""
    items, row = table.items.copy(), prepare(table, settings).split.train[0]
    items[row] = (items[row] + 1) % ITEMS
    return replace(table, items=items)


def inputs(prepared: Prepared) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """All that a training is given and what its early stopping looks at, by name."""
    data, baseline, tuning = prepared.train, prepared.baseline, prepared.tuning
    yield from (("users", data.users), ("items", data.items), ("targets", data.targets))
    yield "mean", np.array([data.mean, baseline.mean])
    yield "sizes", np.array([data.user_count, data.item_count])
    yield from (("user offsets", baseline.user_offsets), ("item offsets", baseline.item_offsets))
    yield from (("user counts", baseline.user_counts), ("item counts", baseline.item_counts))
    for part, pairs in (("tuning", tuning), ("training sample", prepared.train_sample)):
        yield from ((f"{part} users", pairs.users), (f"{part} items", pairs.items))
        yield f"{part} values", pairs.ratings
    sides = side_features(data, Bayes.Options())
    for side, kinds in zip(("user", "item"), sides, strict=True):
        assert kinds
        for number, kind in enumerate(kinds):
            yield f"{side} basis {number}", kind.basis
            yield f"{side} variances {number}", kind.variances


def differing(one: Any, other: Any) -> set[str]:
    """Names of arrays that aren't the same bit for bit."""
    first, second = dict(one), dict(other)
    assert first.keys() == second.keys()
    return {name for name, array in first.items() if array.tobytes() != second[name].tobytes()}


@pytest.mark.parametrize("patience", PATIENCE)
@pytest.mark.parametrize("method", SPLITS)
def test_no_training_input_knows_the_held_out_part(method: str, patience: int) -> None:
    settings = TrainingSettings.parse(settings_of(method, patience))
    table = made_table()
    other = with_other_held_out_part(table, settings)
    before, after = prepare(table, settings), prepare(other, settings)
    np.testing.assert_array_equal(before.split.test, after.split.test)
    changed = {"users": 0, "items": 0.9, "ratings": 0.7} | ({} if method in BY_USERS else {"users": 0.9})
    for name, share in changed.items():
        differs = getattr(before.held_out, name) != getattr(after.held_out, name)
        assert differs.mean() >= share, f"{name} of the held-out part were hardly replaced"
    assert (len(before.tuning) > 0) is (patience > 0)
    assert differing(inputs(before), inputs(after)) == set()


@pytest.mark.parametrize("method", SPLITS)
def test_every_training_input_that_should_knows_each_training_pair(method: str) -> None:
    """The control: were the test above blind, it would not see this either."""
    settings = TrainingSettings.parse(settings_of(method, 0))
    table = made_table()
    before, moved = prepare(table, settings), prepare(with_one_training_pair_moved(table, settings), settings)
    seen = differing(inputs(before), inputs(moved))
    assert {"items", "item offsets", "item counts", "training sample items"} <= seen
    assert {"user basis 0", "item basis 0"} <= seen
    values = table.ratings.copy()
    values[before.split.train[0]] = 5.5 - values[before.split.train[0]]
    seen = differing(inputs(before), inputs(prepare(replace(table, ratings=values), settings)))
    assert seen == {"targets", "mean", "user offsets", "item offsets", "training sample values"}


@pytest.mark.parametrize("method", SPLITS)
def test_the_tuning_part_is_not_trained_on_either(method: str) -> None:
    settings = TrainingSettings.parse(settings_of(method, 2))
    table = made_table()
    before, values = prepare(table, settings), table.ratings.copy()
    _, tuned = carve_tuning(before.split, settings.tuning_fraction, settings.split_seed)
    values[tuned] = 5.5 - values[tuned]
    after = prepare(replace(table, ratings=values), settings)
    assert differing(inputs(before), inputs(after)) == {"tuning values"}


def trained(
    table: Ratings,
    architecture: str,
    method: str,
    patience: int,
    folder: Path,
    objective: str = "rating",
) -> Run:
    settings = {"epochs": 2, "batch_size": 512, "device": "cpu", "objective": objective}
    settings |= settings_of(method, patience)
    return train(
        table,
        architecture,
        options=OPTIONS[architecture],
        folder=folder,
        **used_settings(load_plugins().architecture(architecture), settings),
    )


@pytest.mark.parametrize("patience", PATIENCE)
@pytest.mark.parametrize("method", TRAINED)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_trained_number_knows_the_held_out_part(
    architecture: str, method: str, patience: int, tmp_path: Path
) -> None:
    table = made_table()
    other = with_other_held_out_part(table, TrainingSettings.parse(settings_of(method, patience)))
    runs = [
        trained(given, architecture, method, patience, tmp_path / name)
        for given, name in ((table, "as it is"), (other, "replaced"))
    ]
    first, second = (run.model for run in runs)
    assert differing(first.weights.items(), second.weights.items()) == set()
    assert runs[0].val_rmse != runs[1].val_rmse, "the held-out part was not replaced"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_moved_training_pair_changes_what_is_trained(architecture: str, tmp_path: Path) -> None:
    table = made_table()
    moved = with_one_training_pair_moved(table, TrainingSettings.parse(settings_of("kfold", 0)))
    first, second = (
        trained(given, architecture, "kfold", 0, tmp_path / name).model
        for given, name in ((table, "as it is"), (moved, "moved"))
    )
    assert {"table/user_factors", "table/item_factors"} <= differing(
        first.weights.items(), second.weights.items()
    )


def ranking_inputs(prepared: Prepared) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """All that a ranking is trained on and what its early stopping looks at, by name."""
    data, liked = prepared.train, prepared.liked
    assert liked is not None
    yield from (("users", data.users), ("items", data.items), ("weights", data.targets))
    yield from (("item offsets", liked.baseline.item_offsets), ("item counts", liked.baseline.item_counts))
    yield "threshold", np.array([liked.rule.threshold or np.nan])
    if liked.judge.tuning is not None:
        tuning = liked.judge.tuning
        yield from (("seen", tuning.seen.items), ("seen starts", tuning.seen.starts))
        yield from (("tuning", tuning.relevant.items), ("tuning starts", tuning.relevant.starts))


@pytest.mark.parametrize("positive_from", ["auto", "3.5"])
@pytest.mark.parametrize("patience", PATIENCE)
@pytest.mark.parametrize("method", SPLITS)
def test_no_input_of_a_ranking_knows_the_held_out_part(
    method: str, patience: int, positive_from: str
) -> None:
    ranking = {"objective": "ranking", "positive_from": positive_from}
    settings = TrainingSettings.parse({**settings_of(method, patience), **ranking})
    table = made_table()
    before, after = (prepare(one, settings) for one in (table, with_other_held_out_part(table, settings)))
    assert differing(ranking_inputs(before), ranking_inputs(after)) == set()
    judges = [part.liked.judge.held_out.relevant.items for part in (before, after) if part.liked]
    assert judges[0].tobytes() != judges[1].tobytes(), "the held-out part was not replaced"
    moved = prepare(with_one_training_pair_moved(table, settings), settings)
    seen = differing(ranking_inputs(before), ranking_inputs(moved))
    assert {"items", "tuning"} & seen or positive_from != "auto"  # the row may be carved out, or no like


@pytest.mark.parametrize("patience", PATIENCE)
@pytest.mark.parametrize("architecture", RANKERS)
def test_no_number_trained_to_rank_knows_the_held_out_part(
    architecture: str, patience: int, tmp_path: Path
) -> None:
    table, ranking = made_table(), {"objective": "ranking"}
    settings = TrainingSettings.parse({**settings_of("random", patience), **ranking})
    other = with_other_held_out_part(table, settings)
    runs = [
        trained(given, architecture, "random", patience, tmp_path / name, "ranking")
        for given, name in ((table, "as it is"), (other, "replaced"))
    ]
    first, second = (run.model for run in runs)
    assert differing(first.weights.items(), second.weights.items()) == set()
    assert runs[0].val_ndcg != runs[1].val_ndcg, "the held-out part was not replaced"


def test_every_built_in_architecture_is_asked() -> None:
    registered = load_plugins().architectures.items()
    built_in = sorted(name for name, one in registered if one.origin.startswith("tastemap "))
    assert built_in == sorted({*ARCHITECTURES, *RANKERS})
