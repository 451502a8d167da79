from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings, strategies as st
from rich.cells import cell_len
from rich.style import Style

from core.views.map import ItemMap
from tui.map._labels import cells_of
from tui.map.canvas import nearest_towards, to_strips
from tui.map.colouring import WAYS, colour_by
from tui.map.scatter import CURSOR, FOUND, Emphasis, Points, Viewport, around, draw

VIEW = Viewport(0, 0, 4, 4)


def points(*places: tuple[float, float, str, int]) -> Points:
    return Points(
        np.array([place[0] for place in places]),
        np.array([place[1] for place in places]),
        [place[2] for place in places],
        np.array([place[3] for place in places], np.int32),
    )


FILMS = points((-1.5, 1.2, "Alien", 0), (0.5, 0.7, "Heat", 1), (0.6, 0.7, "Fargo", 2), (1.2, -1.6, "Babe", 0))

GOLDEN = [
    "                    ┊                   ",
    "                    ┊                   ",
    "     ● Alien        ┊                   ",
    "                    Heat ■▲ Fargo       ",
    "                    ┊                   ",
    "┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈",
    "                    ┊                   ",
    "                    ┊                   ",
    "                    ┊                   ",
    "                    ┊           ● Babe  ",
]


def test_the_map_is_this_text() -> None:
    drawn = draw(FILMS, VIEW, 40, 10).lines()
    assert drawn == GOLDEN, "\n".join(drawn)


def test_the_map_in_ascii_has_nothing_else() -> None:
    lines = draw(FILMS, VIEW, 40, 10, ascii_only=True).lines()
    assert "".join(lines).isascii()
    assert "o Alien" in lines[2]


def test_many_points_become_braille_dots_and_none_is_lost() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.uniform(-1.99, 1.99, 600), generator.uniform(-1.99, 1.99, 600)
    cloud = Points(x, y, [""] * 600, np.zeros(600, np.int32))
    picture = draw(cloud, VIEW, 300, 150)
    dots = sum(
        bin(ord(character) - 0x2800).count("1")
        for line in picture.lines()
        for character in line
        if 0x2800 <= ord(character) < 0x2900
    )
    places = {(int((px + 2) / 4 * 600), int((2 - py) / 4 * 600)) for px, py in zip(x, y, strict=True)}
    assert dots == len(places)


def test_the_more_important_point_owns_a_shared_cell() -> None:
    picture = draw(points((0, 0, "first", 3), (0, 0, "second", 5)), VIEW, 40, 10)
    assert picture.hits[5, 20] == 0


def test_cursor_and_found_points_look_different_and_are_labelled() -> None:
    picture = draw(FILMS, VIEW, 40, 10, Emphasis(cursor=2, found=(3,)))
    assert CURSOR in picture.looks
    assert FOUND in picture.looks
    assert any("Fargo" in line for line in picture.lines())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.text(min_size=1, max_size=30)),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 90),
    st.integers(1, 30),
)
def test_every_line_is_as_wide_as_the_canvas_and_labels_are_whole(
    raw: list[tuple[float, float, str]], width: int, height: int
) -> None:
    made = points(*((x, y, text, number % 8) for number, (x, y, text) in enumerate(raw)))
    picture = draw(made, VIEW, width, height, Emphasis(cursor=0))
    for line in picture.lines():
        assert cell_len(line) == width


def test_labels_never_share_a_cell() -> None:
    generator = np.random.default_rng(1)
    count = 120
    names = [f"<{number:03}>" for number in range(count)]
    cloud = Points(
        generator.normal(size=count), generator.normal(size=count), names, np.zeros(count, np.int32)
    )
    text = "\n".join(draw(cloud, around(cloud.x, cloud.y), 120, 40).lines())
    whole = sum(name in text for name in names)
    assert whole > 60
    assert text.count("<") == text.count(">") == whole


def test_a_wide_character_takes_two_cells() -> None:
    assert cells_of("七人 A") == ["七", "", "人", "", " ", "A"]
    assert cells_of("e\u0301x") == ["e\u0301", "x"]
    assert cells_of("a\x07b") == ["a", " ", "b"]


def test_the_cursor_walks_in_the_direction_of_the_key() -> None:
    assert nearest_towards(FILMS, VIEW, 0, 1, 0) in (1, 2)
    assert nearest_towards(FILMS, VIEW, 1, -1, 0) == 0
    assert nearest_towards(FILMS, VIEW, 2, 0, -1) == 3
    assert nearest_towards(FILMS, VIEW, 0, -1, 0) is None


def test_zooming_keeps_the_point_under_the_mouse() -> None:
    closer = VIEW.zoomed(2, at=(1.0, 0.5))
    assert abs(closer.columns(np.array([1.0]), 80)[0] - VIEW.columns(np.array([1.0]), 80)[0]) < 1e-9
    assert closer.width == 2


def test_one_point_and_none_have_a_viewport() -> None:
    assert around(np.array([1.0]), np.array([2.0])).contains(1, 2)
    assert draw(points(), around(np.zeros(0), np.zeros(0)), 20, 5).lines()


def test_colourings_have_a_name_for_every_category() -> None:
    items = ItemMap(
        items=(1, 2, 3, 4),
        titles=("One", "Two", "Three", "Four"),
        x=(0.0,) * 4,
        y=(0.0,) * 4,
        genres=(("Drama",), ("Drama", "Crime"), (), ("Comedy",)),
        years=(1994, 2001, 0, 1950),
        bias=(0.5, -0.25, 0.0, 0.1),
        ratings=(300, 200, 100, 50),
        components=(1, 2),
        explained=(0.5, 0.2),
        names=("", ""),
    )
    for way in WAYS:
        colouring = colour_by(way, items)
        assert len(colouring.categories) == 4
        assert colouring.categories.max() < len(colouring.names)
    assert colour_by("year", items).names[-1] == "unknown"
    assert colour_by("bias", replace(items, bias=None)).names == ("unknown",)


def test_ten_thousand_points_fill_the_canvas_and_no_more() -> None:
    """How fast they are drawn is told by tests/benchmarks/responsiveness.py."""
    generator = np.random.default_rng(0)
    count = 10_000
    names = [f"Title number {number}" for number in range(count)]
    categories = generator.integers(0, 8, count).astype(np.int32)
    cloud = Points(generator.normal(size=count), generator.normal(size=count), names, categories)
    view = around(cloud.x, cloud.y)
    picture = draw(cloud, view, 200, 60, Emphasis(3))
    strips = to_strips(picture, [Style(color=f"color({number})") for number in range(16)])
    assert [strip.cell_length for strip in strips] == [200] * 60
    cells = view.rows(cloud.y, 60).astype(int), view.columns(cloud.x, 200).astype(int)
    assert (picture.hits[cells] >= 0).all()
    assert 3 in picture.hits
