import numpy as np
import pytest

from core.errors import RunError
from core.model import held_out
from core.views.quality.diagnosis import Diagnosis
from tests.core.views.handmade import hand_model, without_ratings


def test_diagnosis_slices_by_hand() -> None:
    model = hand_model()
    report, errors = Diagnosis().answer(model), held_out(model).errors
    assert report.whole.rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert [(one.name, one.ratings) for one in report.by_user_activity] == [("0", 1), ("1–4", 1)]
    assert [one.name for one in report.by_rating] == ["2", "5"]
    assert report.by_rating[0].bias == pytest.approx(0.75)
    assert {one.name for one in report.by_genre} == {"Crime", "Horror", "Sci-Fi"}
    assert [one.user for one in report.worst] == ["cid", "ann"]
    assert sum(one.ratings for one in report.calibration) == 2


def test_diagnosis_needs_the_table() -> None:
    with pytest.raises(RunError, match="gone"):
        Diagnosis().answer(without_ratings(hand_model()))
