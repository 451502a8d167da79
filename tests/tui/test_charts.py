from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui.charts.bars import BarStyle, share_bar, signed_bars, step_bars
from tui.charts.curves import (
    Curve,
    Marks,
    curves_chart,
    epoch_ticks,
    legend,
    log_ticks,
    smoothed,
    thinned,
    value_ticks,
)

BLUE, ORANGE = (80, 160, 255), (255, 150, 80)
EPOCHS = [float(number) for number in range(1, 21)]
TRAIN = Curve("train", EPOCHS, [0.7 + 0.4 / epoch for epoch in EPOCHS], BLUE, dotted=True)
VAL = Curve("val", EPOCHS, [0.85 + 0.3 / epoch for epoch in EPOCHS], ORANGE)
MARKS = Marks(kept=(20.0, VAL.values[-1]), changes=[7.0])

GOLDEN = """\
    ┌──────────────────────────────────────────┐
    │⡆            │                            │
1.10┤⢱            │                            │
    │ ⢇           │                            │
1.00┤ ⠘⢄          │                            │
    │   ⠑⠤⣀       │                            │
0.90┤  ·   ⠉⠒⠤⠤⠤⢄⣀⡀                            │
    │             ⠈⠉⠉⠉⠉⠉⠉⠉⠉⠑⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒●│
0.80┤    · ·      │                            │
    │         · · · · · ·  · ·                 │
    │             │            · · · ·  · · · ·│
    └───────────────────┬─────────────────────┬┘
                       10                    20"""


def test_the_loss_chart_is_this_text() -> None:
    chart = curves_chart([TRAIN, VAL], 48, 13, marks=MARKS).plain
    assert "\n".join(line.rstrip() for line in chart.splitlines()) == GOLDEN, chart


def test_the_chart_in_ascii_has_nothing_else() -> None:
    chart = curves_chart([TRAIN, VAL], 60, 16, marks=MARKS, ascii_only=True).plain
    inner = "".join(line[6:-1] for line in chart.splitlines()[1:-2])
    assert inner.isascii()
    assert {"*", ".", "O", "|"} <= set(inner)


def test_train_and_val_differ_without_colour() -> None:
    text = legend([TRAIN, VAL], MARKS).plain
    assert "· · train" in text
    assert "━━━ val" in text
    assert "kept 0.8650" in text


def test_a_logarithmic_axis_labels_values_not_logarithms() -> None:
    curve = Curve("val", [1.0, 2.0, 3.0], [10.0, 1.0, 0.1], BLUE)
    linear = curves_chart([curve], 60, 16).plain
    log = curves_chart([curve], 60, 16, log=True).plain
    assert "10.00" in log
    assert "0.10" in log
    assert log != linear


def test_no_room_or_no_values_draw_nothing() -> None:
    assert curves_chart([TRAIN], 10, 3).plain == ""
    assert curves_chart([Curve("val", [], [], BLUE)], 60, 16).plain == ""


def test_one_epoch_and_equal_values_can_be_drawn() -> None:
    assert "·" in curves_chart([Curve("val", [1.0], [0.9], BLUE)], 40, 10).plain
    assert curves_chart([Curve("val", [1.0, 2.0], [0.9, 0.9], BLUE)], 40, 10).plain


def test_thinning_keeps_ends_and_stays_within_its_number() -> None:
    long = Curve("val", list(map(float, range(10_000))), list(map(float, range(10_000))), BLUE)
    thin = thinned(long, 80)
    assert len(thin.values) == 80
    assert (thin.values[0], thin.values[-1]) == (0.0, 9999.0)


def test_ticks_are_round_epochs_and_the_last_one() -> None:
    assert epoch_ticks(1, 20, 5) == [5, 10, 15, 20]
    assert epoch_ticks(1, 1, 5) == [1]
    assert len(epoch_ticks(1, 12_345, 6)) <= 7


BARS = """\
user bias      ▐███│           -0.300
item bias          │█████████  +0.800
factor 1           │▏          +0.010"""


def test_bars_grow_to_both_sides_of_one_axis() -> None:
    drawn = signed_bars([("user bias", -0.3), ("item bias", 0.8), ("factor 1", 0.01)], 40).plain
    assert drawn == BARS, drawn


def test_bars_stand_below_each_other_after_wide_characters() -> None:
    drawn = signed_bars([("한국어 제목", 0.5), ("film", 0.5)], 40).plain.splitlines()
    assert len({cell_len(line.partition("│")[0]) for line in drawn}) == 1


def test_bars_in_ascii() -> None:
    drawn = signed_bars([("up", 1.0), ("down", -0.5)], 40, BarStyle(ascii_only=True)).plain
    assert drawn.isascii()
    assert drawn.splitlines()[0].count("#") == 2 * drawn.splitlines()[1].count("#")


def test_a_share_bar_is_as_wide_as_asked_whatever_the_share() -> None:
    for share in (-1.0, 0.0, 0.33, 1.0, 7.0):
        assert len(share_bar(share, 20)) == 20


def test_ticks_are_round_numbers_around_the_values() -> None:
    assert value_ticks(0.793, 0.899, 4) == [0.8, 0.85]
    assert value_ticks(0.85012, 0.85013, 5) == pytest.approx([0.85012, 0.850125, 0.85013])
    assert log_ticks(0.1, 10.0, 7) == [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    assert log_ticks(0.001, 900.0, 7) == pytest.approx([10.0**power for power in range(-3, 3)])


def test_an_epoch_is_read_off_the_curves() -> None:
    read = legend([TRAIN, VAL], Marks(kept=(20.0, 0.865), cursor=4.0)).plain
    assert "epoch 4:" in read
    assert "train 0.8000" in read and "val 0.9250" in read
    assert "kept" not in read
    assert "│" in curves_chart([VAL], 48, 13, marks=Marks(cursor=4.0)).plain.splitlines()[5][6:-1]


def test_running_means_begin_at_the_first_value_and_lag() -> None:
    jump = smoothed(Curve("val", [1.0, 2.0, 3.0], [1.0, 0.0, 0.0], BLUE)).values
    assert jump[0] == 1.0
    assert 0 < jump[2] < jump[1] < 1


HALVES = [
    (f"{step / 2:g}", share) for step, share in zip(range(1, 6), (0.01, 0.1, 0.2, 0.4, 0.29), strict=True)
]


def test_steps_stand_over_their_names_the_likeliest_highest() -> None:
    bars, names = step_bars(HALVES, 40)
    assert names == "0.5 1   1.5 2   2.5"
    assert [bars[names.index(name)] for name, _ in HALVES] == [" ", "▂", "▄", "█", "▆"]
    assert step_bars(HALVES, 40, ascii_only=True)[0].isascii()


@pytest.mark.parametrize("width", [5, 9, 12, 18])
def test_steps_that_have_no_room_are_named_at_their_ends(width: int) -> None:
    bars, names = step_bars(HALVES, width)
    assert len(bars) <= width and names.startswith("0.5") and names.endswith("2.5")
