import numpy as np

from core.model.search_index import SearchIndex, words_of


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
