import numpy as np
import pytest

from core.errors import DivergenceError
from core.model.factorization import find_factorization, raw_blocks
from tests.core.views.handmade import hand_model


def test_blocks_agree_with_pairs_also_where_training_saw_nothing() -> None:
    model = hand_model()
    ((users, block),) = raw_blocks(model, np.arange(3))
    pairs = np.repeat(np.arange(3), 6), np.tile(np.arange(6), 3)
    assert users.tolist() == [0, 1, 2]
    np.testing.assert_allclose(block.ravel(), model.predictor.raw(*pairs), rtol=1e-6)


def test_a_model_without_biases_is_a_factorization_too() -> None:
    found = find_factorization(hand_model(user_bias=None))
    assert found is not None
    assert (found.learns_user_bias, found.user_bias.tolist()) == (False, [0, 0, 0])


def test_without_factors_of_one_width_there_is_no_factorization() -> None:
    assert find_factorization(hand_model(user_factors=None, item_factors=None)) is None
    wide = hand_model(item_factors=np.ones((6, 1)), user_bias=None)
    assert find_factorization(wide) is None


def test_tables_beside_the_score_are_passed_over() -> None:
    found, plain = (
        find_factorization(model) for model in (hand_model(user_spread=np.ones((3, 5))), hand_model())
    )
    assert found is not None and plain is not None
    for name in ("user_factors", "item_factors", "user_bias", "item_bias"):
        np.testing.assert_array_equal(getattr(found, name), getattr(plain, name), err_msg=name)


def test_a_score_that_only_looks_like_a_factorization_is_found_out() -> None:
    model = hand_model()
    twice = model.architecture
    original = twice.terms
    twice.terms = lambda rows, options: {**original(rows, options), "more": rows["item_bias"]}  # type: ignore[method-assign]
    assert find_factorization(model) is None


def test_numbers_that_are_not_finite_have_no_order() -> None:
    with pytest.raises(DivergenceError, match="diverged"):
        list(raw_blocks(hand_model(item_factors=np.full((6, 2), np.nan)), np.arange(3)))
