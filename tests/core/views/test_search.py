import gc
from dataclasses import replace

import pytest

from core.errors import UsageError
from core.model.model import Model
from core.views import search as search_module
from core.views.search import Found, Search, resolve_item
from tests.core.views.handmade import hand_model


def search(model: Model, text: str, side: str = "item", limit: int = 20) -> tuple[Found, ...]:
    return Search(text=text, side=side, limit=limit).answer(model).found


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("toy story", 12),
        ("story toy", 12),
        ("tpy stroy", 12),
        ("toystory", 12),
        ("the godfather", 13),
        ("godfa", 13),
        ("amelie", 14),
        ("Amélie 2001", 14),
        ("alien", 10),
        ("aliens", 11),
        ("15", 15),
    ],
)
def test_the_first_match_is_the_one_meant(text: str, item: int) -> None:
    assert search(hand_model(), text)[0].id == item


def test_an_exact_id_comes_before_titles() -> None:
    assert search(hand_model(), "12")[0].id == 12
    assert search(hand_model(), "12")[0].score == 100


def test_equals_come_by_popularity() -> None:
    found = search(hand_model(), "a")
    assert [(match.id, match.ratings) for match in found] == [(10, 2), (11, 1), (14, 1)]


def test_an_empty_text_finds_the_most_rated() -> None:
    assert [match.id for match in search(hand_model(), " ", limit=3)] == [10, 12, 11]


def test_nothing_alike_finds_nothing() -> None:
    assert search(hand_model(), "qqqqq") == ()


def test_a_live_run_keeps_its_index_although_every_question_has_a_new_model() -> None:
    first = hand_model()
    second = replace(first, weights=dict(first.weights))
    assert search_module._index(first, items=True) is search_module._index(second, items=True)
    assert search_module._index(first, items=True) is not search_module._index(hand_model(), items=True)


def test_an_index_goes_with_its_titles() -> None:
    model = hand_model()
    search(model, "alien")
    key = id(model.item_table)
    assert key in search_module._indexes
    del model
    gc.collect()
    assert key not in search_module._indexes


def test_users_are_found_by_id() -> None:
    found = search(hand_model(), "bob", side="user")
    assert [(match.id, match.ratings, match.score) for match in found] == [("bob", 5, 100)]


@pytest.mark.parametrize(("text", "row"), [(12, 2), ("12", 2), ("toy story", 2), ("the godfather", 3)])
def test_ids_and_titles_are_resolved(text: object, row: int) -> None:
    assert resolve_item(hand_model(), text) == row


def test_an_unclear_title_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Nearest: 12 Toy Story \(1995\)"):
        resolve_item(hand_model(), "toy xstory zoo")


def test_nothing_alike_is_told() -> None:
    with pytest.raises(UsageError, match="'qqqq'"):
        resolve_item(hand_model(), "qqqq")


def test_a_number_is_an_id_and_never_a_title() -> None:
    model = hand_model()
    object.__setattr__(model.item_table, "titles", ("1984", *model.item_table.titles[1:]))
    assert resolve_item(model, "1984") == 0
    with pytest.raises(UsageError, match="no item 1984"):
        resolve_item(model, 1984)
