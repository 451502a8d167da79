import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from core.errors import RunError, UsageError
from core.model.factorization import find_factorization, score_blocks
from core.views.recommend_all import recommend_all, write_recommendations
from core.views.top_items import ItemFilter, top_items
from tests.core.views.handmade import hand_model, without_ratings


def test_everybody_gets_what_each_gets_alone() -> None:
    model = hand_model()
    found = recommend_all(model, 2)
    for user, name in enumerate(("ann", "bob", "cid")):
        mine = found.users == user
        alone = top_items(model, [name], 2)
        assert model.items.ids[found.items[mine]].tolist() == [item.item for item in alone]
        np.testing.assert_allclose(found.ratings[mine], [item.rating for item in alone], rtol=1e-6)
        assert found.ranks[mine].tolist() == list(range(1, mine.sum() + 1))


def test_filters_hold_for_everybody() -> None:
    found = recommend_all(hand_model(), 5, unseen=False, only=ItemFilter(genre="crime"))
    assert set(found.items.tolist()) == {3}


def test_unseen_needs_the_table() -> None:
    with pytest.raises(RunError, match="gone"):
        recommend_all(without_ratings(hand_model()))


def test_blocks_agree_with_pairs_also_where_training_saw_nothing() -> None:
    model = hand_model()
    ((users, block),) = score_blocks(model, np.arange(3))
    pairs = np.repeat(np.arange(3), 6), np.tile(np.arange(6), 3)
    assert users.tolist() == [0, 1, 2]
    np.testing.assert_allclose(block.ravel(), model.predictor.raw_rows(*pairs), rtol=1e-6)


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
        find_factorization(hand_model(user_spread=np.ones((3, 5)))),
        find_factorization(hand_model()),
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


def test_files_hold_ids_titles_and_ranks(tmp_path: Path) -> None:
    model = hand_model()
    found = recommend_all(model, 1)
    write_recommendations(model, found, tmp_path / "all.parquet")
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table.column_names == ["user", "rank", "item", "title", "rating"]
    assert table["user"].to_pylist() == ["ann", "cid"]  # bob rated every item that training saw
    write_recommendations(model, found, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open() as file:
        assert next(iter(csv.DictReader(file)))["title"] == "Aliens (1986)"
    with pytest.raises(UsageError, match=r"\.parquet"):
        write_recommendations(model, found, tmp_path / "all.xlsx")
