import pytest

from core.views.biases import bias_table
from core.views.crosstab import crosstab
from core.views.summary import summarize
from tests.core.views.handmade import hand_model, without_ratings


def test_both_ends_of_the_bias_table() -> None:
    table = bias_table(hand_model(), count=2)
    assert [(item.item, item.bias) for item in table.top] == [
        (13, pytest.approx(0.5)),
        (11, pytest.approx(0.2)),
    ]
    assert [item.item for item in table.bottom] == [12, 14]
    assert table.source == "item bias"


def test_only_the_most_rated_take_part() -> None:
    assert [item.item for item in bias_table(hand_model(), most_rated=2).top] == [10, 12]


def test_without_a_bias_table_predictions_are_averaged_over_users() -> None:
    table = bias_table(hand_model(user_bias=None, item_bias=None))
    # ann and bob predict 1 and −1 from the mean for item 10, 2 and −2 for 11, 1 and 0.5 for 12, …
    deviations = {item.item: item.bias for item in table.top}
    assert deviations == pytest.approx({10: 0, 11: 0, 12: 0.75, 13: 0, 14: -0.75})
    assert table.source == "mean predicted deviation over 2 users"


def test_crosstab_of_the_most_active_and_the_most_rated() -> None:
    table = crosstab(hand_model(), 2, 2)
    assert (table.users, [item.item for item in table.items]) == (("bob", "ann"), [10, 12])
    assert table.truth == ((3.0, 1.0), (4.0, 5.0))
    assert table.predicted[0] == pytest.approx((1.6, 2.7))
    assert table.predicted[1] == pytest.approx((4.35, 3.95))


def test_crosstab_leaves_unrated_pairs_open() -> None:
    assert crosstab(hand_model()).truth[1] == (4.0, 5.0, None, 2.0, None)


def test_crosstab_without_the_table_has_predictions_alone() -> None:
    table = crosstab(without_ratings(hand_model()), 1, 2)
    assert (table.truth, table.note) == (((None, None),), "The table is gone.")
    assert table.predicted[0] == pytest.approx((1.6, 2.7))


def test_the_summary_counts_what_training_saw() -> None:
    summary = summarize(hand_model())
    assert (summary.users, summary.trained_users, summary.items, summary.trained_items) == (3, 2, 6, 5)
    assert summary.train_ratings == 7
    assert summary.tables["item_factors"] == [6, 2]
    assert summary.val_rmse is None
