import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.errors import DivergenceError, UsageError
from core.model.projection import Projection


def test_the_projection_agrees_with_scikit_learn_up_to_signs() -> None:
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(200, 6)) * [5, 4, 3, 2, 1, 0.5]
    peer = PCA(3).fit(factors)
    projection = Projection.fit(factors, generator.integers(1, 100, 200), 3)
    np.testing.assert_allclose(projection.explained, peer.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(
        np.abs(projection.project(factors)), np.abs(peer.transform(factors)), atol=1e-9
    )


def test_the_more_rated_lie_on_the_high_side_whatever_the_factors_signs() -> None:
    factors, counts = np.array([[3.0, 0], [1, 0], [-1, 0.1], [-3, 0]]), np.array([100, 10, 5, 1])
    for sign in (1, -1):
        assert Projection.fit(sign * factors, counts, 1).project(sign * factors)[0, 0] > 0


@pytest.mark.parametrize(
    ("factors", "reason"),
    [([[1, 2]], "two items"), ([[1, 2], [1, 2]], "all the same")],
)
def test_factors_without_components_are_refused(factors: list[list[float]], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Projection.fit(np.array(factors), np.ones(len(factors), int), 2)


def test_numbers_that_are_not_finite_have_no_components() -> None:
    with pytest.raises(DivergenceError, match="aren't finite. Has the training diverged"):
        Projection.fit(np.array([[np.nan], [1]]), np.ones(2, int), 2)
