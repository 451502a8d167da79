from dataclasses import replace

from core.model.model import RunFacts
from core.views.summary import Summary
from tests.core.views.handmade import hand_model


def test_the_summary_counts_what_training_saw() -> None:
    summary = Summary().answer(hand_model())
    assert (summary.users, summary.trained_users, summary.items, summary.trained_items) == (3, 2, 6, 5)
    assert summary.train_ratings == 7
    assert summary.tables["item_factors"] == (6, 2)
    assert (summary.scale.minimum, summary.scale.maximum, summary.scale.step) == (0.5, 5.0, 0.5)
    assert (summary.run, summary.val_rmse) == (None, None)


def test_a_saved_run_s_facts_are_told() -> None:
    saved = Summary().answer(replace(hand_model(), facts=RunFacts(run="a", val_rmse=0.9)))
    assert (saved.run, saved.val_rmse) == ("a", 0.9)
