"""Ratings tables: reading, checking, describing and splitting them."""

from __future__ import annotations

from core.datasets.describing import describe
from core.datasets.loading import load_ratings
from core.datasets.options import ReadingOptions
from core.datasets.ratings import ItemTable, Ratings, RatingScale, Repair, Vocabulary
from core.datasets.split import Split, carve_tuning, split_ratings

__all__ = [
    "ItemTable",
    "RatingScale",
    "Ratings",
    "ReadingOptions",
    "Repair",
    "Split",
    "Vocabulary",
    "carve_tuning",
    "describe",
    "load_ratings",
    "split_ratings",
]
