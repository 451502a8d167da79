"""The 2016 edition of MovieLens latest-small: facts that anybody can check."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from core.data import describe, load_ratings, split_ratings, unseen

pytestmark = pytest.mark.real_data


@pytest.fixture
def folder(real_data):
    return real_data / "ml-latest-small-2016"


def test_facts_of_the_2016_edition(folder):
    told = describe(load_ratings(folder))
    assert (told["users"], told["items"], told["ratings"]) == (671, 9066, 100_004)
    assert told["scale"] == {"minimum": 0.5, "maximum": 5.0, "step": 0.5}
    assert told["mean"] == pytest.approx(3.5436, abs=1e-4)
    assert told["titles"] == 9066
    assert told["repairs"] == []
    assert told["reading"]["reader"] == "movielens-csv"


def test_rows_are_those_of_factorize(folder):
    ratings = load_ratings(folder)
    frame = pd.read_csv(folder / "ratings.csv")
    for rows, vocabulary, column in (
        (ratings.users, ratings.user_vocabulary, "userId"),
        (ratings.items, ratings.item_vocabulary, "movieId"),
    ):
        codes, names = pd.factorize(frame[column])
        assert np.array_equal(rows, codes)
        assert np.array_equal(vocabulary.ids, names.to_numpy())
    assert np.array_equal(ratings.ratings, frame["rating"].to_numpy(dtype=np.float32))
    assert np.array_equal(ratings.timestamps, frame["timestamp"])


def test_titles_belong_to_their_items(folder):
    ratings = load_ratings(folder)
    row = ratings.item_vocabulary.row(2571)
    assert ratings.item_table.titles[row] == "Matrix, The (1999)"
    assert ratings.item_table.genres[row] == ("Action", "Sci-Fi", "Thriller")
    assert ratings.item_table.years[row] == 1999


def test_the_split_of_the_reference_figures(folder):
    ratings = load_ratings(folder)
    split = split_ratings(ratings)
    assert (len(split.train), len(split.test)) == (80_083, 19_921)
    assert split.hash == "8556ea2534d9a536"
    frame = pd.read_csv(folder / "ratings.csv")
    strange = frame.loc[split.test, "movieId"].pipe(
        lambda test: test[~test.isin(frame.loc[split.train, "movieId"])]
    )
    assert unseen(ratings, split) == {"users": 0, "items": strange.nunique(), "ratings": len(strange)}
    assert len(strange) > 500


def test_importing_is_light():
    heavy = "('pandas', 'pyarrow', 'requests', 'tensorflow', 'keras')"
    program = f"import sys, core.data; sys.exit(sum(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
