"""A fuzzy index of titles: typing errors, other word orders, accents, unfinished words and initials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray

LEAST_LIKENESS = 0.6
"""A word less like the typed one than this doesn't count as a match at all."""
PREFIX = 0.95
"""The likeness of a word that the typed one begins."""
INITIALS = 0.93
"""The likeness of a title whose words begin with the letters typed: lotr is The Lord of the Rings."""
ARTICLE_WEIGHT = 0.3
"""An article says little, so it weighs so much of a word of its length."""
KNOWN_WEIGHT = 3.0
"""Points of quality that ten times as many ratings are worth."""
_FEWEST_INITIALS, _MOST_JOINED = 3, 6
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_BEHIND = re.compile(
    r"^(?P<title>.+?), (?P<article>The|An?|Les?|La|El|Il|Der|Die|Das|L')(?P<rest>(?: \(.*)?)$"
)
ARTICLES = frozenset({"the", "a", "an", "le", "la", "les", "el", "il", "der", "die", "das"})
_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")


def words_of(text: str) -> list[str]:
    """Split text into lower-case words without accents, apostrophes or punctuation; II becomes 2."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    words = re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return [_ROMAN.get(word, word) for word in words]


def article_first(title: str) -> str:
    """`Matrix, The (1999)` as one says it: `The Matrix (1999)`."""
    found = _BEHIND.match(title)
    if not found:
        return title
    gap = "" if found["article"].endswith("'") else " "
    return f"{found['article']}{gap}{found['title']}{found['rest']}"


def relevance(scores: npt.NDArray[np.floating], counts: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Rank matches as people mean them: the quality, and how well known a title is; shapes (matches,).

    An exact id or title (a score above 100) comes before all others.
    """
    known = KNOWN_WEIGHT * np.log10(1.0 + np.asarray(counts, np.float64))
    return np.where(scores > 100, 1000.0 + scores, scores + known)


@dataclass(frozen=True)
class SearchIndex:
    """Titles as words: `members` lists the words of each title one after another, from `starts` on.

    `words` holds each distinct word once; `bare` are each title's words without year and articles; `initials`
    are the first letters of its words, with and without articles, a space before each.
    """

    words: tuple[str, ...]
    members: LongArray
    starts: LongArray
    bare: tuple[str, ...]
    initials: tuple[str, ...]

    @classmethod
    def build(cls, titles: Sequence[str], years: Sequence[int] | None = None) -> SearchIndex:
        """Index titles; a year counts as one more word."""
        split = [words_of(title) or [""] for title in titles]
        plain = [words_of(_YEAR.sub("", article_first(title))) for title in titles]
        bare, initials = tuple(" ".join(_bare(words)) for words in plain), tuple(map(_initials, plain))
        if years is not None:
            for words, year in zip(split, years, strict=True):
                words.extend([str(year)] if year and str(year) not in words else [])
        numbers: dict[str, int] = {}
        members = [numbers.setdefault(word, len(numbers)) for words in split for word in words]
        starts = np.cumsum([0, *(len(words) for words in split)])[:-1]
        return cls(tuple(numbers), np.array(members, np.int64), starts.astype(np.int64), bare, initials)

    def scores(self, text: str) -> FloatArray:
        """Score every title from 0 (nothing in common) to 100 (all words typed are there), shape (titles,).

        A title that the text is in full, articles aside, gets 101.
        """
        typed = words_of(text)
        if not typed or not self.bare:
            return np.zeros(len(self.bare), np.float32)
        readings = [typed, *_joined(typed)]  # "god father": a word that was typed apart
        likeness = {word: self._best_words(word) for word in {word for words in readings for word in words}}
        best = np.stack([_by_words(words, likeness) for words in readings]).max(axis=0)
        return self._whole_titles(typed, best)

    def _best_words(self, typed: str) -> FloatArray:
        """The likeness of a typed word to each title's most similar word, or to its first letters."""
        best: FloatArray = np.maximum.reduceat(_likeness(typed, self.words)[self.members], self.starts)
        if len(typed) < _FEWEST_INITIALS or not typed.isalpha():
            return best
        begun = np.fromiter((f" {typed}" in both for both in self.initials), bool, len(self.initials))
        return np.where(begun, np.maximum(best, INITIALS), best).astype(np.float32)

    def _whole_titles(self, typed: list[str], scores: FloatArray) -> FloatArray:
        joined, whole = "".join(typed), " ".join(_bare(typed))
        if len(joined) >= 4:  # "starwars", "xmen": words that the title writes apart
            apart = re.compile(f"(?:^| ){' ?'.join(map(re.escape, joined))}")
            within = np.fromiter((bool(apart.search(title)) for title in self.bare), bool, len(self.bare))
            scores = np.where(within, np.maximum(scores, 100 * PREFIX), scores)
        same = np.fromiter((whole == title for title in self.bare), bool, len(self.bare))
        return np.where(same, 101, scores).astype(np.float32)


def _likeness(typed: str, words: Sequence[str]) -> FloatArray:
    """How alike a typed word and each word are, from 0 to 1; a beginning is nearly as good as the word."""
    from rapidfuzz import fuzz, process

    if len(typed) <= 2:
        return np.array([_short_likeness(typed, word) for word in words], np.float32)
    beginnings = [word[: len(typed)] for word in words]
    whole, begun = (
        process.cdist([typed], choices, scorer=fuzz.ratio, dtype=np.float32)[0] / 100
        for choices in (words, beginnings)
    )
    likeness = np.maximum(whole, PREFIX * begun)
    return np.where(likeness >= LEAST_LIKENESS, likeness, 0).astype(np.float32)


def _short_likeness(typed: str, word: str) -> float:
    """One or two letters are like half of all words, so they must begin the word."""
    if word == typed:
        return 1.0
    return PREFIX if word.startswith(typed) else 0.0


def _weight(word: str) -> float:
    return len(word) * (ARTICLE_WEIGHT if word in ARTICLES else 1.0)


def _joined(typed: list[str]) -> list[list[str]]:
    """The words with one pair of neighbours written together, for each pair of a few words."""
    if not 1 < len(typed) <= _MOST_JOINED:
        return []
    pairs = range(len(typed) - 1)
    return [[*typed[:at], typed[at] + typed[at + 1], *typed[at + 2 :]] for at in pairs]


def _by_words(typed: list[str], likeness: dict[str, FloatArray]) -> FloatArray:
    """The share of the typed words that each title has, in points."""
    weights = np.array([_weight(word) for word in typed], np.float32)
    scores: FloatArray = 100 * (weights @ np.stack([likeness[word] for word in typed])) / weights.sum()
    return scores


def _initials(words: list[str]) -> str:
    """The first letters of all words, without a leading article, and without any article."""
    led = words[1:] if words[:1] and words[0] in ARTICLES else words
    return "".join(f" {''.join(word[0] for word in some)}" for some in (words, led, _bare(words)))


def _bare(words: list[str]) -> list[str]:
    return [word for word in words if word not in ARTICLES] or words
