import gc
from dataclasses import replace

import numpy as np
import pytest

from core.model.search_index import SearchIndex, words_of
from core.views import search as search_module
from core.views.search import search
from tests.core.views.handmade import hand_model


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
    assert search_module._index(first, "item") is search_module._index(second, "item")
    assert search_module._index(first, "item") is not search_module._index(hand_model(), "item")


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


def test_words_have_no_accents_case_or_apostrophes() -> None:
    assert words_of("L'Été: Schindler's List!") == ["lete", "schindlers", "list"]


def test_titles_without_a_word_are_never_found_by_one() -> None:
    index = SearchIndex.build(["!!!", "Jaws"])
    assert index.scores("jaws").tolist() == [0, 101]
    assert SearchIndex.build([]).scores("jaws").tolist() == []


def test_among_ten_thousand_titles_the_one_meant_is_best() -> None:
    """How fast it is found is told by tests/benchmarks/responsiveness.py."""
    generator = np.random.default_rng(0)
    words = ["".join(letters) for letters in generator.choice(list("abcdefghij"), (8000, 7))]
    titles = [" ".join(chosen) for chosen in generator.choice(words, (10_000, 4))]
    scores = SearchIndex.build(titles).scores(f"{titles[777].split()[1]} {titles[777].split()[2][:4]}")
    assert scores.argmax() == 777
    assert (scores == scores[777]).sum() == 1
