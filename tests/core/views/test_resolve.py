import pytest

from core.errors import UsageError
from core.views.resolve import resolve_item
from tests.core.views.handmade import hand_model


@pytest.mark.parametrize(("text", "row"), [(12, 2), ("12", 2), ("toy story", 2), ("the godfather", 3)])
def test_ids_and_titles_are_resolved(text: object, row: int) -> None:
    assert resolve_item(hand_model(), text) == row


def test_an_unclear_title_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Nearest: 12 Toy Story \(1995\)"):
        resolve_item(hand_model(), "toy xstory zoo")


def test_nothing_alike_is_told() -> None:
    with pytest.raises(UsageError, match="'qqqq'"):
        resolve_item(hand_model(), "qqqq")
