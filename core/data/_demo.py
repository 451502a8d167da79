"""The embedded demo set: real films, synthetic viewers, and the planted truth behind their ratings."""

from __future__ import annotations

import csv
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.contract import RawItems, RawTable, ReadingOptions
from core.data.checking import build
from core.data.ratings import Ratings

SOURCE = "synthetic viewers of real films, made from a fixed seed"
_SEED, _VIEWERS, _AVERAGE_RATED = 2016, 700, 58
# The axes are art house ↔ blockbuster, gentle ↔ dark and classic ↔ modern.
_STRENGTHS = np.array([0.50, 0.42, 0.35])
_BLOCKBUSTER = {
    "Action": 1.0, "Adventure": 1.0, "Sci-Fi": 0.7, "Fantasy": 0.4, "Children": 0.5, "Thriller": 0.2,
    "Drama": -1.0, "War": -0.3, "Film-Noir": -0.6, "Romance": -0.3, "Mystery": -0.2,
}  # fmt: skip
_DARK = {
    "Horror": 1.3, "Crime": 0.8, "Thriller": 0.9, "War": 0.8, "Film-Noir": 0.8, "Mystery": 0.4,
    "Action": 0.3, "Western": 0.3, "Children": -1.2, "Comedy": -0.9, "Musical": -0.8, "Romance": -0.7,
    "Animation": -0.5, "Fantasy": -0.2,
}  # fmt: skip


@dataclass(frozen=True)
class _Film:
    """A real film: title with the year in brackets, year and genres."""

    title: str
    year: int
    genres: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class World:
    """What the ratings are made from, by film and by viewer, in the order in which they were invented.

    `axes`: (films, 3), each column of mean 0 and variance 1, columns uncorrelated. `tastes`: (viewers, 3), in
    stars per unit of an axis. `quality`: (films,) and `generosity`: (viewers,), in stars. One viewing a row:
    `viewers` and `seen` count from 0, `stars` and `times` (seconds) are what is rated.
    """

    films: tuple[_Film, ...]
    axes: DoubleArray
    quality: DoubleArray
    tastes: DoubleArray
    generosity: DoubleArray
    viewers: LongArray
    seen: LongArray
    stars: DoubleArray
    times: LongArray


def demo_ratings() -> Ratings:
    """Make the demo ratings: 700 synthetic viewers, some 40,000 half-star ratings; the same every time."""
    world = planted_world()
    ids = [str(number) for number in range(1, len(world.films) + 1)]
    items = RawItems(
        ids=ids,
        titles=[film.title for film in world.films],
        genres=[film.genres for film in world.films],
        years=[film.year for film in world.films],
    )
    table = RawTable(world.viewers + 1, world.seen + 1, world.stars, world.times, items, {"reader": "demo"})
    ratings = build(table, "demo", SOURCE, ReadingOptions())
    ratings.reading["source"] = "demo"
    return ratings


def read_films() -> tuple[_Film, ...]:
    """Read the films that come with Tastemap."""
    text = resources.files("core.data").joinpath("demo_films.csv").read_text(encoding="utf-8")
    return tuple(
        _Film(f"{row['title']} ({row['year']})", int(row["year"]), tuple(row["genres"].split("|")))
        for row in csv.DictReader(text.splitlines())
    )


@functools.cache
def planted_world() -> World:
    """Invent films' qualities, viewers' tastes and what they saw, from the fixed seed."""
    rng = np.random.default_rng(_SEED)
    films = read_films()
    axes = _axes(films, rng)
    quality = _standard(rng.normal(size=len(films))) * 0.45
    tastes = rng.normal(size=(_VIEWERS, 3)) * _STRENGTHS
    generosity = rng.normal(0.0, 0.35, _VIEWERS)
    viewers, seen = _viewings(rng, axes, quality, tastes)
    liking = 3.15 + quality[seen] + generosity[viewers] + (tastes[viewers] * axes[seen]).sum(1)
    stars = np.clip(np.round((liking + rng.normal(0.0, 0.45, len(seen))) * 2) / 2, 0.5, 5.0)
    return World(
        films=films,
        axes=axes,
        quality=quality,
        tastes=tastes,
        generosity=generosity,
        viewers=viewers,
        seen=seen,
        stars=stars,
        times=_times(rng, viewers),
    )


def _axes(films: Sequence[_Film], rng: np.random.Generator) -> DoubleArray:
    """Place the films by their genres and years, with a little noise; columns are made uncorrelated."""
    years = np.array([film.year for film in films], dtype=float)
    lengths = np.array([len(film.genres) for film in films])
    modern = _standard(years)
    blockbuster = _standard(_by_genre(films, _BLOCKBUSTER) / lengths) + 0.3 * modern
    columns = [blockbuster, _by_genre(films, _DARK), modern]
    return _orthogonal(np.stack([_standard(c) + rng.normal(0, 0.25, len(films)) for c in columns], axis=1))


def _by_genre(films: Sequence[_Film], weights: dict[str, float]) -> DoubleArray:
    return np.array([sum(weights.get(genre, 0.0) for genre in film.genres) for film in films])


def _standard(values: DoubleArray) -> DoubleArray:
    standard: DoubleArray = (values - values.mean(0)) / values.std(0)
    return standard


def _orthogonal(columns: DoubleArray) -> DoubleArray:
    """The uncorrelated columns nearest to the given ones, so that each keeps its meaning."""
    left, _, right = np.linalg.svd(_standard(columns), full_matrices=False)
    return _standard(left @ right)


def _viewings(
    rng: np.random.Generator, axes: DoubleArray, quality: DoubleArray, tastes: DoubleArray
) -> tuple[LongArray, LongArray]:
    """Draw who saw what: few films are seen by most, and people choose a little by their taste."""
    films = len(quality)
    fame = rng.normal(size=films) + 0.5 * axes[:, 0] + 0.8 * quality
    appeal = 0.9 * fame + 0.5 * tastes @ axes.T + rng.gumbel(size=(_VIEWERS, films))
    spread = np.clip(rng.lognormal(np.log(_AVERAGE_RATED) - 0.15, 0.55, _VIEWERS), 20, films - 20)
    rank = np.argsort(np.argsort(-appeal, axis=1), axis=1)
    viewers, seen = np.nonzero(rank < spread[:, None].astype(int))
    return viewers, seen


def _times(rng: np.random.Generator, viewers: LongArray) -> LongArray:
    """Seconds since 1970: everyone starts some day from 2015 to 2023 and rates a film every few hours."""
    first = rng.integers(1_420_070_400, 1_672_531_200, _VIEWERS)
    gaps = rng.exponential(20_000.0, len(viewers)).astype(np.int64) + 1
    total = np.cumsum(gaps)
    starts = np.searchsorted(viewers, np.arange(_VIEWERS))
    return first[viewers] + total - total[starts][viewers]
