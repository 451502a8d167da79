from __future__ import annotations

from typing import Any

import pytest

from core.contract.architecture import Architecture
from core.errors import PluginError
from core.model.head import build_head


def architecture_of(build: Any) -> Architecture:
    return type("Made", (Architecture,), {"name": "made", "build": lambda self, u, i, o: build(u, i)})()


def build(function: Any) -> Any:
    made = architecture_of(function)
    return build_head(made, made.Options(), seed=1)


def test_specs_carry_what_embed_was_told() -> None:
    head = build(lambda user, item: user.embed(1, role="bias") + item.embed(1, role="age", l2=0.5))
    assert [(spec.name, spec.dimension, spec.l2, spec.initial_spread) for spec in head.specs] == [
        ("user_bias", 1, 0.0, 0.0),
        ("item_age", 1, 0.5, 0.1),
    ]


def test_a_flat_score_is_taken_too() -> None:
    import keras

    head = build(lambda user, item: keras.ops.sum(user.embed(3) * item.embed(3), axis=1))
    assert head.model.output_shape == (None, 1)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda user, item: user.embed(3), r"must return a score of shape \(batch,\)"),
        (lambda user, item: (user.embed(1), 3.0)[1], "must return a score"),
        (lambda user, item: user.embed(1) + user.embed(1), "asked for twice"),
        (lambda user, item: user.embed(0), "at least one number"),
    ],
)
def test_a_breach_of_the_contract_is_said_in_plain_words(function: Any, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        build(function)


def test_no_embedding_at_all_is_refused() -> None:
    import keras

    with pytest.raises(PluginError, match="asks for no embedding"):
        build(lambda user, item: keras.Input((1,)))
