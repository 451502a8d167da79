"""Compiled steps wait for the next training of their shape, within bounds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.contract.plugins import load_plugins
from core.contract.settings import Resolved, resolve
from core.data.ratings import Ratings
from core.training._prepare import prepare
from core.training.gradient import WAITING, _compiled as compiled, _waiting as waiting
from tests.support import make_ratings

FACTORS = 13
"""No other test trains `bias` with so many: steps that wait from other tests never fit here."""


def chosen(batch_size: int = 64) -> Resolved:
    architecture = load_plugins().architecture("bias")
    return resolve(architecture, options={"factors": FACTORS}, settings={"batch_size": batch_size})


def taken(ratings: Ratings, dropped: int = 0, batch_size: int = 64) -> compiled.Compiled:
    """Take a step for a table's training part without its first `dropped` ratings."""
    resolved = chosen(batch_size)
    data = prepare(ratings, resolved.settings).train
    columns = {name: getattr(data, name)[dropped:] for name in ("users", "items", "targets")}
    data = dataclasses.replace(data, **columns, capacity=0)
    return compiled.take(resolved.architecture, resolved.options, resolved.settings, data, "/CPU:0")


def test_a_few_ratings_more_take_the_same_step(ratings: Ratings) -> None:
    first = taken(ratings)
    WAITING.give_back(first)
    assert taken(ratings, dropped=1) is first
    WAITING.give_back(first)
    assert taken(ratings, dropped=200) is not first
    assert taken(ratings, batch_size=32) is not first


def test_a_step_starts_afresh_with_its_seed(ratings: Ratings) -> None:
    first = taken(ratings)
    start = {name: array for side in first.parts.sides for name, array in side.arrays().items()}
    for side in first.parts.sides:
        side.table.assign(side.table + 1)
    WAITING.give_back(first)
    again = {name: array for side in taken(ratings).parts.sides for name, array in side.arrays().items()}
    for name, array in start.items():
        np.testing.assert_array_equal(again[name], array)


def test_the_step_that_waited_longest_goes(ratings: Ratings, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [taken(make_ratings(users=users)) for users in (60, 61, 62)]
    monkeypatch.setattr(waiting, "MOST_BYTES", 2 * max(step.table_bytes for step in steps))
    for step in steps:
        WAITING.give_back(step)
    again = [taken(make_ratings(users=users)) for users in (60, 61, 62)]
    assert [one is step for one, step in zip(again, steps, strict=True)] == [False, True, True]
    monkeypatch.setattr(waiting, "MOST_BYTES", 1)
    for step in steps[:2]:
        WAITING.give_back(step)
    assert taken(make_ratings(users=61)) is steps[1]  # the last one waits, however large it is
    assert taken(make_ratings(users=60)) is not steps[0]
