"""A fuzzy index of titles: word order, typing errors, accents and unfinished words don't matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.array_types import FloatArray, LongArray

LEAST_LIKENESS = 0.6
"""A word less like the typed one than this doesn't count as a match at all."""
PREFIX = 0.95
"""The likeness of a word that the typed one begins."""
ARTICLES = frozenset({"the", "a", "an", "le", "la", "les", "el", "il", "der", "die", "das"})
_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")


def words_of(text: str) -> list[str]:
    """Split text into lower-case words without accents, apostrophes or punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    return re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


@dataclass(frozen=True)
class SearchIndex:
    """Titles as words: `members` lists the words of each title one after another, from `starts` on.

    `words` holds each distinct word once; `bare` is each title without year, articles and spaces.
    """

    words: tuple[str, ...]
    members: LongArray
    starts: LongArray
    bare: tuple[str, ...]

    @classmethod
    def build(cls, titles: Sequence[str], years: Sequence[int] | None = None) -> SearchIndex:
        """Index titles; a year counts as one more word."""
        split = [words_of(title) or [""] for title in titles]
        bare = tuple(_bare(words_of(_YEAR.sub("", title))) for title in titles)
        if years is not None:
            for words, year in zip(split, years, strict=True):
                words.extend([str(year)] if year and str(year) not in words else [])
        numbers: dict[str, int] = {}
        members = [numbers.setdefault(word, len(numbers)) for words in split for word in words]
        starts = np.cumsum([0, *(len(words) for words in split)])[:-1]
        return cls(tuple(numbers), np.array(members, np.int64), starts.astype(np.int64), bare)

    def scores(self, text: str) -> FloatArray:
        """Score every title from 0 (nothing in common) to 100 (all words typed are there), shape (titles,).

        A title that the text is in full, articles aside, gets 101.
        """
        typed = words_of(text)
        if not typed or not self.bare:
            return np.zeros(len(self.bare), np.float32)
        weights = np.array([len(word) for word in typed], np.float32)
        likeness = np.stack([self._best_words(word) for word in typed])
        scores = 100 * (weights @ likeness) / weights.sum()
        return self._whole_titles(typed, scores)

    def _best_words(self, typed: str) -> FloatArray:
        """The likeness of a typed word to each title's most similar word."""
        best: FloatArray = np.maximum.reduceat(_likeness(typed, self.words)[self.members], self.starts)
        return best

    def _whole_titles(self, typed: list[str], scores: FloatArray) -> FloatArray:
        joined, whole = "".join(typed), _bare(typed)
        if len(joined) >= 4:  # "starwars", "xmen": words that the title writes apart
            within = np.fromiter((joined in title for title in self.bare), bool, len(self.bare))
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


def _bare(words: list[str]) -> str:
    kept = [word for word in words if word not in ARTICLES]
    return "".join(kept or words)
