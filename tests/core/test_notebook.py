"""What a notebook shows: executed by a real kernel."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from core.notebook._live import Live
from core.pictures import Curves
from core.protocol import BatchProgress, Finished, PhaseChanged
from core.views import Found, Recommendation, Recommendations, SearchResults
from tests.support import EPOCH

CELLS = (
    "from core import load_ratings, train\nratings = load_ratings('demo')\nratings",
    "run = train(ratings, 'bias', epochs=3)",
    "run",
    "run.recommend(1, n=3)",
    "run.map(last=20)",
    "run.compare([run])",
    "run.predict(ratings_of_one := run.recommend(1, n=2).to_frame().assign(user=1))",
)


def outputs(cell: Any, kind: str) -> list[str]:
    return [one["data"][kind] for one in cell["outputs"] if kind in one.get("data", {})]


@pytest.mark.slow
def test_a_notebook_shows_runs_answers_pictures_and_the_training() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    table, training, run, top, places, compared, frame = notebook.cells
    assert "<td>700</td>" in outputs(table, "text/html")[0]
    (live,) = outputs(training, "text/html")
    assert 'value="1.000"' in live and "completed after 3 epochs" in live
    assert "<title>epoch 3: val RMSE 0." in live and "<title>damped means 0." in live
    assert "damped means" in outputs(run, "text/html")[0] and "<svg" in outputs(run, "text/html")[0]
    assert outputs(top, "text/html")[0].count("<tr>") == 3
    assert outputs(top, "text/plain")[0].count("\n") == 2
    for kind in ("text/html", "image/svg+xml"):
        assert outputs(places, kind)[0].count("<circle") == 20
        assert outputs(places, kind)[0].count("<title>") == 20
    assert "no clear difference" in outputs(compared, "text/html")[0]
    assert "fallback" in outputs(frame, "text/html")[0]


def test_what_data_says_is_no_markup() -> None:
    evil = "<script>alert(1)</script>\x1b]0;x\x07"
    card: dict[str, Any] = {"item": 1, "title": evil, "year": 0, "genres": (evil,), "ratings": 1}
    answers = (
        Recommendations(users=(1,), items=(Recommendation(**card, rating=3.0),)),
        SearchResults(found=(Found(id=evil, title=evil, year=0, genres=(), ratings=1, score=1.0),)),
        Curves({evil: (1.0, 2.0)}, {evil: 1.5}),
    )
    for answer in answers:
        html = answer._repr_html_()
        assert "<script" not in html and "&lt;script&gt;" in html
        assert "\x1b" not in html and "\x1b" not in repr(answer) and "␛" in repr(answer)


def test_curves_have_a_point_an_epoch_and_a_line_of_text() -> None:
    curves = Curves({"train RMSE": (1.0, 0.8, 0.7), "val RMSE": (None, 0.9, 0.95)}, {"damped means": 0.89})
    svg = curves.to_svg()
    assert svg.count("<circle") == 5 and "<title>epoch 2: val RMSE 0.9000</title>" in svg
    assert repr(curves).splitlines() == [
        "train RMSE 1.0000 █▃▁ 0.7000",
        "val RMSE 0.9000 ▁█ 0.9500",
        "damped means 0.8900",
    ]
    assert "<svg" in Curves({"val RMSE": ()}).to_svg()
    assert Curves({"val RMSE": (0.5,)}).to_svg().count("<circle") == 1


def test_the_live_display_is_updated_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, shown = [0.0], list[str]()
    live = Live(clock=lambda: seconds[0])
    monkeypatch.setattr(
        Live, "_update", lambda self: (shown.append(self.html()), setattr(self, "_updated", seconds[0]))
    )
    live.show(PhaseChanged("compiling"))
    progress = {"train_rmse": 0.9, "learning_rate": 0.1, "ratings_per_second": 5e5, "eta_seconds": 1.0}
    for batch in range(1, 40):
        seconds[0] += 0.05
        live.show(BatchProgress(epoch=1, batch=batch, batches=40, **progress))
    assert 8 <= len(shown) <= 12
    live.show(EPOCH)
    assert "compiling" in shown[0] and "500,000 ratings/s" in shown[-1] and 'value="0.9' in shown[-1]
    figures: dict[str, Any] = dict.fromkeys(("val_rmse", "val_mae", "train_rmse", "tuning_rmse"))
    live.show(
        Finished(
            **figures,
            run="r",
            reason="completed",
            epochs=1,
            best_epoch=1,
            seconds=1.0,
            ratings_per_second=1.0,
            split_hash="",
            path="",
        )
    )
    assert "completed after 1 epochs, nothing held out" in shown[-1] and 'value="1.000"' in shown[-1]
