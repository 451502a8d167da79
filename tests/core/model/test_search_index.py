import numpy as np
import pytest

from core.model.search_index import SearchIndex, relevance, words_of


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


FILMS = (
    "Lord of the Rings: The Fellowship of the Ring, The (2001)",
    "Othello (Tragedy of Othello: The Moor of Venice, The) (1952)",
    "Secret Ballot (Raye makhfi) (2001)",
    "Lot Like Love, A (2005)",
    "Godfather, The (1972)",
    "Godfather: Part II, The (1974)",
    "Asterix: The Land of the Gods (2014)",
    "Matrix, The (1999)",
    "Mary Poppins (1964)",
    "Back to the Future (1985)",
)
COUNTS = np.array([198, 1, 2, 6, 192, 129, 1, 278, 71, 171])


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("lotr", 0),
        ("the god father 2", 5),
        ("godfather", 4),
        ("matri", 7),
        ("matrx", 7),
        ("bttf", 9),
        ("lotr ring", 0),
    ],
)
def test_titles_are_found_as_people_type_them(typed: str, first: int) -> None:
    scores = SearchIndex.build(FILMS).scores(typed)
    assert int(np.argmax(relevance(scores, COUNTS))) == first
    assert scores[first] >= 85, "what is meant is likely, not a maybe"


def test_what_is_only_alike_stays_a_maybe() -> None:
    scores = SearchIndex.build(FILMS).scores("matri")
    assert scores[8] < 85
    assert SearchIndex.build(FILMS).scores("zzzz").max() == 0


def test_well_known_titles_come_first_among_alike_ones() -> None:
    scores, counts = np.array([95.0, 95.0, 101.0]), np.array([2, 300, 0])
    assert np.argsort(-relevance(scores, counts)).tolist() == [2, 1, 0]
