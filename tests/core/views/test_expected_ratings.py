from dataclasses import replace

import numpy as np
import pytest

from core.errors import UsageError
from core.views.biases import Expected
from tests.core.views.handmade import hand_model


def test_it_is_the_mean_of_the_predictions_of_all_users() -> None:
    model = hand_model()
    found = Expected(items=("10", "12")).answer(model)
    known = [
        user for user, count in zip(("ann", "bob", "cid"), model.baseline.user_counts, strict=True) if count
    ]
    each = [[model.predict(user, item).rating for user in known] for item in (10, 12)]
    assert found.users == len(known) > 1
    assert [one.rating for one in found.items] == pytest.approx(np.mean(each, axis=1).tolist())
    assert found.mean == pytest.approx(np.mean(each))
    assert found.baseline != found.mean
    alone = Expected(items=("12",), user=("ann",)).answer(model)
    assert alone.mean == pytest.approx(model.predict("ann", 12).rating) and alone.users == 1


def test_of_no_item_there_is_no_mean_and_what_ranks_has_no_ratings() -> None:
    with pytest.raises(UsageError, match="one item"):
        Expected(items=()).answer(hand_model())
    with pytest.raises(UsageError, match="ranks"):
        Expected(items=("10",)).answer(replace(hand_model(), objective="ranking"))
    with pytest.raises(UsageError):
        Expected(items=("no such item at all",)).answer(hand_model())
