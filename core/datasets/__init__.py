"""Ratings tables: reading, checking, describing, splitting, fetching and converting them."""

from __future__ import annotations

from core.datasets.contract import DataSource, Edition, NamedDataset, RawItems, RawTable, Reader
from core.datasets.converting import convert
from core.datasets.describing import describe
from core.datasets.fetching import Fetched, fetch
from core.datasets.loading import load_ratings
from core.datasets.named import list_datasets
from core.datasets.options import ReadingOptions
from core.datasets.ratings import ItemTable, Ratings, RatingScale, Repair, Vocabulary
from core.datasets.split import Split, carve_tuning, cross_validation, split_ratings, unseen

__all__ = [
    "DataSource",
    "Edition",
    "Fetched",
    "ItemTable",
    "NamedDataset",
    "RatingScale",
    "Ratings",
    "RawItems",
    "RawTable",
    "Reader",
    "ReadingOptions",
    "Repair",
    "Split",
    "Vocabulary",
    "carve_tuning",
    "convert",
    "cross_validation",
    "describe",
    "fetch",
    "list_datasets",
    "load_ratings",
    "split_ratings",
    "unseen",
]
