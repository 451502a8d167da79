import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UsageError
from core.pictures._svg import map_svg
from core.pictures.files import write_picture
from core.pictures.labels import Canvas, Scatter, place_labels
from core.pictures.text import map_text
from core.views.map import Map
from tests.core.views.handmade import hand_model

EXPECTED = """\
                    • Toy Story (1995)

                                              Aliens (1986)
• Godfather, The (1972)                 • Alien (1979)      •


                    • Amélie (2001)
→ component 1 (72.2% of variance)
↑ component 2 (27.8% of variance)"""


def scatter(**arguments: int) -> Scatter:
    return Map(**arguments).answer(hand_model()).scatter()


def test_the_map_as_text() -> None:
    assert map_text(scatter(), 61, 7) == EXPECTED


def test_an_empty_map_has_axes_alone() -> None:
    assert map_text(scatter(first=50, last=100), 20, 2).startswith("\n\n→ component 1")


def test_labels_cover_neither_each_other_nor_points_nor_the_edge() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.uniform(0, 1200, 300), generator.uniform(0, 800, 300)
    texts = ["x" * int(length) for length in generator.integers(1, 40, 300)]
    canvas = Canvas(1200, 800, 6, 13, point_radius=3)
    labels = place_labels(x, y, texts, canvas)
    boxes = [(one.left, one.top, one.left + 6 * len(one.text), one.top + 13) for one in labels]
    assert 30 < len(labels) < 300
    for at, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0 and top >= 0 and right <= 1200 and bottom <= 800
        assert not ((x > left - 3) & (x < right + 3) & (y > top - 3) & (y < bottom + 3)).any()
        for other in boxes[:at]:
            assert other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top


def test_the_most_important_label_is_placed_first() -> None:
    labels = place_labels(
        np.array([50.0, 52.0]), np.array([50.0, 50.0]), ["first", "second"], Canvas(100, 100, 5, 10)
    )
    assert labels[0].text == "first"


def test_the_svg_is_well_formed_and_holds_every_item() -> None:
    root = ElementTree.fromstring(map_svg(scatter()))
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "Alien (1979)",
        "Toy Story (1995)",
        "Aliens (1986)",
        "Godfather, The (1972)",
        "Amélie (2001)",
    ]


def test_titles_are_escaped() -> None:
    places = scatter()
    risky = replace(places, labels=("<b>&", *places.labels[1:]))
    assert "&lt;b&gt;&amp;" in map_svg(risky)
    ElementTree.fromstring(map_svg(risky))


def test_pictures_are_written_by_their_ending(tmp_path: Path) -> None:
    places = scatter()
    for ending, beginning in ((".svg", "<svg"), (".txt", " ")):
        write_picture(places, tmp_path / f"map{ending}")
        assert (tmp_path / f"map{ending}").read_text().startswith(beginning)
    with pytest.raises(UsageError, match=r"should end in \.svg"):
        write_picture(places, tmp_path / "map.gif")


def test_a_png_is_written_or_its_lack_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match="pip install matplotlib"):
        write_picture(scatter(), tmp_path / "map.png")
    assert not (tmp_path / "map.png").exists()
