import pytest

from core.views.crosstab import Crosstab, CrosstabRow
from tests.core.views.handmade import hand_model, without_ratings


def test_crosstab_of_the_most_active_and_the_most_rated() -> None:
    table = Crosstab(users=2, items=2).answer(hand_model())
    assert (table.users, [item.item for item in table.items]) == (("bob", "ann"), [10, 12])
    assert table.truth == ((3.0, 1.0), (4.0, 5.0))
    assert table.predicted[0] == pytest.approx((1.6, 2.7))
    assert table.predicted[1] == pytest.approx((4.35, 3.95))


def test_held_out_ratings_count_too_and_the_answer_says_so() -> None:
    table = Crosstab().answer(hand_model())
    # Items 10 to 14 have 3, 1, 2, 2 and 1 ratings in the whole table; in training 13 has only one.
    assert [item.item for item in table.items] == [10, 12, 13, 11, 14]
    assert table.users == ("bob", "ann", "cid")
    assert table.counted == "counts of all ratings of the table"


def test_crosstab_leaves_unrated_pairs_open() -> None:
    assert Crosstab().answer(hand_model()).truth[1] == (4.0, 5.0, 2.0, None, None)


def test_without_the_table_predictions_stand_alone_by_counts_of_training() -> None:
    table = Crosstab(users=3, items=9).answer(without_ratings(hand_model()))
    assert table.truth == ((None,) * 5,) * 2
    assert (table.note, table.counted) == ("The table is gone.", "counts of training ratings")
    assert [item.item for item in table.items] == [10, 12, 11, 13, 14]
    assert table.predicted[0][:2] == pytest.approx((1.6, 2.7))


def test_a_frame_has_a_row_a_pair() -> None:
    first, second, *_ = Crosstab(users=1, items=2).answer(hand_model()).rows()
    assert first == CrosstabRow(
        user="bob", item=10, title="Alien (1979)", truth=3.0, predicted=pytest.approx(1.6)
    )
    assert second.item == 12


def test_a_cell_shows_the_truth_and_the_prediction() -> None:
    table, titles, *_ = Crosstab(users=2, items=4).lines(Crosstab(users=2, items=4).answer(hand_model()))
    assert table.rows[0] == ("user", "10", "12", "13", "11")  # type: ignore[union-attr]
    assert table.rows[2][1:] == ("4→4.3", "5→4.0", "2→2.8", "-→5.0")  # type: ignore[union-attr]
    assert titles.rows[0] == ("10", "Alien (1979)")  # type: ignore[union-attr]
