"""Copies that trained apart are merged: own users, shared items, the head, counters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.contract.plugins import load_plugins
from core.contract.settings import TrainingSettings, resolve
from core.data.ratings import Ratings
from core.startup import tf
from core.training._prepare import prepare
from core.training.gradient.trainer import GradientTrainer
from core.training.ranking.trainer import RankingTrainer
from core.training.several._merging import ITEM_POWER, Copy
from core.training.several._shared_rows import WIRE, SharedRows


class Trained:
    """Stands for a trainer: variables as `GradientTrainer` names them."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {
            "table/user": tf.Variable(np.full((2, 3), 1.0, np.float32)),
            "slots/user/0": tf.Variable(np.full((4, 1), 1.0, np.float32)),  # two replicas
            "slots/item/0": tf.Variable(np.full((3, 1), 1.0, np.float32)),
            "table/item": tf.Variable(np.full((3, 2), 2.0, np.float32)),
            "means/item/0": tf.Variable(np.full((3, 1, 2), 4.0, np.float32)),
            "head/0": tf.Variable([1.0, 5.0]),
            "optimizer/0": tf.Variable(10, dtype=tf.int64),
            "noise/0": tf.Variable([7, 8], dtype=tf.uint32),
        }

    def variables(self) -> dict[str, Any]:
        return self.made


@pytest.fixture
def copies() -> list[Copy]:
    owned = (np.array([True, False]), np.array([False, True]))
    return [
        Copy(Trained(), "/CPU:0", own, first=number == 0, total=2)  # type: ignore[arg-type]
        for number, own in enumerate(owned)
    ]


def merge(copies: list[Copy]) -> list[Any]:
    """Merge as `Copies` does; returns the changes that were summed."""
    news = [sum(column) for column in zip(*(copy.news() for copy in copies), strict=True)]
    changes = [sum(column) for column in zip(*(copy.changes(news) for copy in copies), strict=True)]
    for copy in copies:
        copy.apply(news, changes)
    return changes


def variable(copy: Copy, name: str) -> Any:
    return copy.trainer.variables()[name]


def test_changes_of_items_add_up_and_those_of_the_head_are_averaged(copies: list[Copy]) -> None:
    first, second = copies
    variable(first, "table/item").assign_add([[1, 1], [0.5, 0], [0, 0]])
    variable(second, "table/item").assign_add([[3, -1], [0, 0], [0, 0]])
    variable(first, "head/0").assign_add([2.0, 0.0])
    variable(second, "slots/item/0").assign_add([[0.0], [0.0], [5.0]])
    variable(second, "slots/user/0").assign_add(np.ones((4, 1)))
    merge(copies)
    for copy in copies:
        both = 2**ITEM_POWER
        expected = [[2 + 4 / both, 2.0], [2.5, 2.0], [2.0, 2.0]]
        np.testing.assert_allclose(variable(copy, "table/item").numpy(), expected, rtol=1e-6)
        np.testing.assert_array_equal(variable(copy, "slots/item/0").numpy(), [[1.0], [1.0], [6.0]])
        np.testing.assert_array_equal(variable(copy, "head/0").numpy(), [2.0, 5.0])
    assert (
        variable(first, "slots/user/0").numpy()[0, 0],
        variable(second, "slots/user/0").numpy()[0, 0],
    ) == (
        1,
        2,
    )


def test_running_means_of_items_take_the_mean_change_of_those_who_met_them(copies: list[Copy]) -> None:
    first, second = (variable(copy, "means/item/0") for copy in copies)
    first.assign_add([[[2, 0]], [[-4, 1]], [[0, 0]]])
    second.assign_add([[[4, 2]], [[0, 0]], [[0, 0]]])
    merge(copies)
    for mean in (first, second):
        np.testing.assert_allclose(mean.numpy(), [[[7, 5]], [[0, 5]], [[4, 4]]], rtol=1e-6)


def test_a_merge_without_changes_changes_nothing(copies: list[Copy]) -> None:
    variable(copies[1], "table/item").assign_add([[0.1, 0.2], [0, 0], [0.3, 0]])
    merge(copies)
    before = {name: variable(copies[0], name).numpy() for name in copies[0].trainer.variables()}
    merge(copies)
    for name, value in before.items():
        for copy in copies:
            np.testing.assert_array_equal(variable(copy, name).numpy(), value, err_msg=name)


@pytest.mark.parametrize("sparing", [True, False])
def test_rows_that_nobody_met_are_spared_where_the_link_is_dear(sparing: bool) -> None:
    tables = [tf.Variable(np.ones((4, 3), np.float32)) for _ in range(2)]
    shared = [SharedRows([table], [0.0], sparing) for table in tables]
    tables[0].assign_add([[0, 0, 0], [0, 0, 0], [1, 2, 3], [0, 0, 0]])
    met = sum(one.met() for one in shared)
    sent = [one.changes(met) for one in shared]
    assert sent[0].shape == ((2, 3) if sparing else (4, 3))  # the first row always goes
    assert sent[0].dtype == (WIRE if sparing else tf.float32)
    for one, table in zip(shared, tables, strict=True):
        one.take(met, sum(sent))
        np.testing.assert_array_equal(table.numpy(), [[1, 1, 1], [1, 1, 1], [2, 3, 4], [1, 1, 1]])
        assert not one.met().numpy().any()


def test_counters_and_random_states_follow_the_first_device(copies: list[Copy]) -> None:
    variable(copies[0], "optimizer/0").assign(12)
    variable(copies[1], "optimizer/0").assign(11)
    variable(copies[0], "noise/0").assign([2**32 - 1, 3])
    merge(copies)
    for copy in copies:
        assert variable(copy, "optimizer/0").numpy() == 12
        assert variable(copy, "noise/0").numpy().tolist() == [2**32 - 1, 3]


def test_user_rows_are_gathered_exactly_from_their_owners(copies: list[Copy]) -> None:
    variable(copies[0], "table/user").assign([[0.1, 0.2, 0.3], [9, 9, 9]])
    variable(copies[1], "table/user").assign([[8, 8, 8], [0.4, 0.5, 0.6]])
    variable(copies[0], "slots/user/0").assign([[1], [2], [9], [9]])
    variable(copies[1], "slots/user/0").assign([[8], [8], [3], [4]])
    sums = [sum(column) for column in zip(*(copy.user_rows() for copy in copies), strict=True)]
    for copy in copies:
        copy.take_user_rows(sums)
        rows = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32)
        np.testing.assert_array_equal(variable(copy, "table/user").numpy(), rows)
        assert variable(copy, "slots/user/0").numpy().ravel().tolist() == [1, 2, 3, 4]


def test_every_variable_of_a_ranking_is_of_a_known_kind(ratings: Ratings) -> None:
    chosen = resolve(load_plugins().architecture("nn"), settings={"objective": "ranking", "replicas": 2})
    data = prepare(ratings, chosen.settings).train
    trainer = RankingTrainer(chosen.architecture, chosen.options, chosen.settings, data, "/CPU:0")
    copy = Copy(trainer, "/CPU:0", np.arange(data.user_count) < 5, first=True, total=2)
    rows = {"user": data.user_count, "item": data.item_count}
    names = set(trainer.variables())
    assert {name.split("/")[0] for name in names} == {"table", "means", "head", "optimizer"}
    for name in names - {name for name in names if name.startswith(("head", "optimizer"))}:
        assert trainer.variables()[name].shape[0] == rows[name.split("/")[1]], name
    own = copy.user_rows()[0]
    assert own.shape[0] == data.user_count and not own[5:].numpy().any()


def test_every_variable_of_a_real_trainer_is_of_a_known_kind(ratings: Ratings) -> None:
    architecture = load_plugins().architecture("nn")
    settings = TrainingSettings.parse({"batch_size": 64})
    data = prepare(ratings, settings).train
    trainer = GradientTrainer(
        architecture, architecture.Options.parse({"factors": 4}), settings, data, "/CPU:0"
    )
    rows = {"user": data.user_count, "item": data.item_count}
    kinds = {name.split("/")[0] for name in trainer.variables()}
    assert (
        {"table", "slots", "head", "optimizer"} <= kinds <= {"table", "slots", "head", "optimizer", "noise"}
    )
    for name, trained in trainer.variables().items():
        kind, side, *_ = name.split("/")
        if kind in {"table", "slots"}:
            assert trained.shape[0] == rows[side], name
