import time

import numpy as np
import pytest

from core.model.search_index import SearchIndex, words_of


def test_words_have_no_accents_case_or_apostrophes() -> None:
    assert words_of("L'Été: Schindler's List!") == ["lete", "schindlers", "list"]


def test_titles_without_a_word_are_never_found_by_one() -> None:
    index = SearchIndex.build(["!!!", "Jaws"])
    assert index.scores("jaws").tolist() == [0, 101]
    assert SearchIndex.build([]).scores("jaws").tolist() == []


@pytest.mark.slow
def test_ten_thousand_titles_are_searched_in_thirty_milliseconds() -> None:
    generator = np.random.default_rng(0)
    words = ["".join(generator.choice(list("abcdefghij"), 7)) for _ in range(8000)]
    index = SearchIndex.build([" ".join(generator.choice(words, 4)) for _ in range(10_000)])
    index.scores("warm up")
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        index.scores(f"{words[5]} {words[6][:4]}")
        seconds.append(time.perf_counter() - started)
    assert min(seconds) <= 0.030
