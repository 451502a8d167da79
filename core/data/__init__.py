"""Ratings tables: reading, checking, describing, splitting, fetching and converting them."""

from __future__ import annotations

from core.contract.data import DataSource, Edition, NamedDataset, RawItems, RawTable, Reader
from core.contract.reading_options import ReadingOptions
from core.data.convert import convert
from core.data.describe import describe
from core.data.fetching.fetching import Fetched, fetch
from core.data.fetching.named import list_datasets
from core.data.load import load_ratings
from core.data.ratings import ItemTable, Ratings, RatingScale, Repair, Vocabulary
from core.data.split import Split, carve_tuning, cross_validation, split_ratings, unseen

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
