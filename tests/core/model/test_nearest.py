import numpy as np

from core.model.catalogue import nearest, top_rows


def test_zero_factors_are_like_nothing() -> None:
    factors = np.array([[1, 0], [0, 0], [2, 0]], np.float32)
    rows, cosines = nearest(factors, 0, np.ones(3, bool), 5)
    assert (rows.tolist(), cosines.tolist()) == ([2, 1], [1, 0])


def test_factors_that_are_not_finite_have_no_cosine() -> None:
    _, cosines = nearest(np.full((3, 2), np.nan, np.float32), 0, np.ones(3, bool), 5)
    assert len(cosines) == 2 and np.isnan(cosines).all()


def test_blocks_give_the_same_as_one_product() -> None:
    factors = np.random.default_rng(0).normal(size=(70_000, 3)).astype(np.float32)
    directions = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    expected = np.argsort(-(directions @ directions[7]), kind="stable")[1:6]
    rows, _ = nearest(factors, 7, np.ones(len(factors), bool), 5)
    assert set(rows.tolist()) == set(expected.tolist())


def test_top_rows_are_ordered_with_ties_by_row() -> None:
    values = np.array([1, 3, 2, 3, 3], np.float32)
    assert top_rows(values, 2).tolist() == [1, 3]
    assert top_rows(values, 5).tolist() == [1, 3, 4, 2, 0]
    assert top_rows(values, 0).tolist() == []


def test_what_is_no_number_is_never_passed_over() -> None:
    assert top_rows(np.array([np.nan, 1, np.nan, 2], np.float32), 3).tolist() == [0, 2, 3]
    assert top_rows(np.full(3, np.nan, np.float32), 2).tolist() == [0, 1]
