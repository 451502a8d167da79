"""A view is declared once: its query, its command, its method, its frame and its documentation follow."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.cli import main
from core.contract.plugins import Registry
from core.engine._server import EngineServer
from core.errors import DivergenceError, UsageError
from core.options import Form, Identifier, OptionField
from core.protocol.commands import Query, parse_command
from core.protocol.events import Answer, Event, Failed, parse_event
from core.protocol.wire import from_plain, to_plain
from core.runs.run import Run
from core.views import _documentation as documentation
from core.views.python import Asker, methods_module
from core.views.python._methods import METHODS_FILE
from core.views.registry import VIEWS, find_view, view_commands, view_of, view_of_command
from core.views.search import SearchResults
from core.views.view import Remark, Table, View, compute
from tests.core.views.examples import EMPTY, EXAMPLES, HandRun, saved_model
from tests.core.views.handmade import without_ratings

INDEPENDENT = {"name_component", "search", "summary"}
"""Views that say nothing of a model's numbers."""


def titled(view: View[Any]) -> str:
    return view.tag


each_example = pytest.mark.parametrize("view", EXAMPLES, ids=titled)
each_view = pytest.mark.parametrize("kind", VIEWS.values(), ids=VIEWS)
each_command = pytest.mark.parametrize("kind", [kind for kind in VIEWS.values() if kind.command], ids=titled)


@pytest.fixture
def run(tmp_path: Path) -> HandRun:
    return HandRun(saved_model(tmp_path))


@dataclasses.dataclass(frozen=True)
class Done:
    code: object
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def tastemap(run: HandRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, in this process and of the handmade run."""
    opened = {"RUN": run}
    monkeypatch.setattr("core.api.load_run", lambda name, _registry: opened[name])
    monkeypatch.setattr("core.startup.own_process.claim_process", lambda: None)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str, of: HandRun | None = None) -> Done:
        opened["RUN"] = of or run
        monkeypatch.setattr(sys, "argv", ["tastemap", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(ended.value.code, *capsys.readouterr())

    return command


def engine_says(run: HandRun, tag: str, arguments: Mapping[str, Any], patch: pytest.MonkeyPatch) -> Event:
    """The engine's answer or failure, after query and event have travelled as lines."""
    told: list[Event] = []
    patch.setattr(EngineServer, "_model", lambda server, name: run.model)
    query = Query(request="1", view=tag, run="RUN", arguments=arguments)
    EngineServer(Registry(), told.append).obey(parse_command(query.to_json()))
    return parse_event(told[0].to_json())


def words_of(view: View[Any]) -> list[str]:
    """The command line that asks a view."""
    places = {field.name: index for index, field in enumerate(view.fields())}
    ordered = sorted(view.fields(), key=lambda field: field.name not in view.positional)
    ordered[: len(view.positional)] = [view.fields()[places[name]] for name in view.positional]
    words = [view.command, "RUN"]
    for field in ordered:
        words += _words(field, getattr(view, field.name), field.name in view.positional)
    return words


def _spellings(field: OptionField) -> list[str]:
    return "/".join(field.flags or (field.flag,)).split("/")


def _words(field: OptionField, value: Any, positional: bool) -> list[str]:
    flag = (field.flags or (field.flag,))[-1]
    if value is None:
        return []
    if field.type is bool:
        yes, no = flag.split("/") if "/" in flag else (flag, flag.replace("--", "--no-"))
        return [yes if value else no]
    if field.form is Form.RATINGS:
        return [word for item, rating in value.items() for word in (flag, f"{item}={rating}")]
    values = [str(one) for one in (value if field.form is Form.LIST else [value])]
    return values if positional else [word for one in values for word in (flag, one)]


def asked_by_method(run: HandRun, view: View[Any], **instead: Any) -> Any:
    """Ask by the method of a view, with its arguments under their names in Python."""
    arguments = {**view.to_dict(), **instead}
    return getattr(run, view.method)(**{field.argument: arguments[field.name] for field in view.fields()})


def test_a_view_is_registered_as_it_declares_itself() -> None:
    assert all(kind.tag == tag for tag, kind in VIEWS.items())
    assert view_commands() == sorted(kind.command for kind in VIEWS.values() if kind.command)
    assert all(view_of_command(kind.command) is kind for kind in VIEWS.values() if kind.command)
    assert view_of_command("") is view_of_command("no-such") is None


def test_every_view_is_tried_here() -> None:
    assert {view.tag for view in EXAMPLES} == set(VIEWS)


@pytest.mark.parametrize("view", EXAMPLES + EMPTY, ids=titled)
def test_an_answer_travels(view: View[Any], run: HandRun) -> None:
    answer = run.ask(view)
    assert type(answer) is view.answer_type()
    line = json.dumps(to_plain(answer), allow_nan=False)
    assert from_plain(json.loads(line), view.answer_type()) == answer


@each_example
def test_a_question_travels(view: View[Any]) -> None:
    line = Query(request="1", view=view.tag, arguments=view.to_dict()).to_json()
    query = parse_command(line)
    assert isinstance(query, Query)
    assert find_view(query.view).ask(query.arguments) == view


@each_view
def test_a_view_is_a_method_of_a_run_with_the_same_arguments(kind: type[View[Any]], run: HandRun) -> None:
    assert issubclass(Run, Asker)
    parameters = inspect.signature(getattr(run, kind.method)).parameters
    assert {name: one.default for name, one in parameters.items()} == {
        field.argument: inspect.Parameter.empty if field.required else field.default
        for field in kind.fields()
    }
    by_place = [name for name, one in parameters.items() if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert by_place[: len(kind.leading)] == list(kind.leading)
    told = getattr(run, kind.method).__doc__
    assert all(f"{field.argument}: {field.help[:40]}" in told for field in kind.fields())
    assert view_of(kind.answer_type()) is kind


@each_example
def test_the_method_the_engine_and_the_command_give_the_same_answer(
    view: View[Any], run: HandRun, tastemap: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asked_by_method(run, view)
    told = engine_says(run, view.tag, view.to_dict(), monkeypatch)
    assert isinstance(told, Answer), told
    assert from_plain(told.result, view.answer_type()) == answer
    if view.command:
        done = tastemap(*words_of(view), "--json")
        assert (done.code, done.stderr) == (0, "")
        assert json.loads(done.stdout) == to_plain(answer)


@each_command
def test_the_help_shows_every_argument(kind: type[View[Any]], tastemap: Command) -> None:
    done = tastemap(kind.command, "--help")
    assert done.code == 0
    text = " ".join(done.stdout.split())
    for field in kind.fields():
        if field.name in kind.positional:
            assert re.search(rf"\b{(field.metavar or field.name).upper()}\b", text), field.name
        else:
            assert all(re.search(rf"{flag}\b", text) for flag in _spellings(field)), field.name
        assert field.help in text
        if not field.required and field.default not in (None, ""):
            assert f"{field.help} [default: {field.default}]" in text


@pytest.mark.parametrize("view", EXAMPLES + EMPTY, ids=titled)
def test_a_frame_has_a_row_for_every_row_and_its_fields_as_columns(view: View[Any], run: HandRun) -> None:
    answer = run.ask(view)
    frame, arrow, rows = answer.to_frame(), answer.to_arrow(), answer.rows()
    assert len(frame) == arrow.num_rows == len(rows)
    assert len(rows) >= 1 or view in EMPTY
    assert list(frame.columns) == arrow.column_names
    for row in rows[:1]:
        for field in dataclasses.fields(row):
            value = getattr(row, field.name)
            if dataclasses.is_dataclass(value):
                inner = f"{field.name}_{dataclasses.fields(value)[0].name}"
                assert frame[inner][0] == getattr(value, dataclasses.fields(value)[0].name)
            elif isinstance(value, str | int | float):
                assert frame[field.name][0] == arrow[field.name][0].as_py() == value


@pytest.mark.parametrize("view", EXAMPLES + EMPTY, ids=titled)
def test_an_answer_shows_what_its_command_prints(view: View[Any], run: HandRun, tastemap: Command) -> None:
    answer = run.ask(view)
    shown, html = repr(answer), answer._repr_html_()
    if view.command and view in EXAMPLES:
        printed = tastemap(*words_of(view)).stdout.splitlines()
        assert [line for line in shown.splitlines() if line in printed] == printed
    assert "<script" not in html and re.sub(r"<[^<>]*>", "", html).count("<") == 0


def test_an_answer_goes_to_any_library_that_takes_arrow(run: HandRun) -> None:
    polars = pytest.importorskip("polars")
    answer = run.recommend("ann", n=2)
    assert polars.DataFrame(answer).to_dicts() == answer.to_frame().assign(
        genres=lambda f: f.genres.map(list)
    ).to_dict("records")
    assert str(run.search("qqqqq").to_arrow().schema.field("genres").type) == "list<item: string>"


def test_an_empty_frame_keeps_the_columns_of_a_full_one(run: HandRun) -> None:
    full, empty = (run.search(text=text).to_frame() for text in ("alien", "qqqqq"))
    assert list(full.columns) == list(empty.columns)
    assert SearchResults(found=()).rows() == ()


@pytest.mark.parametrize("view", EXAMPLES + EMPTY, ids=titled)
@pytest.mark.parametrize("with_table", [True, False])
def test_the_text_is_for_people(view: View[Any], with_table: bool, run: HandRun, tmp_path: Path) -> None:
    if not with_table:
        run = HandRun(without_ratings(run.model))
        if view.tag in ("diagnosis", "ranking", "why") or (view.tag == "top_items" and view.unseen):
            return  # they fail with the reason
    words = []
    for line in view.lines(run.ask(view)):
        match line:
            case Table(rows):
                assert len({len(row) for row in rows}) <= 1, "a table has rows of one length"
                words += [cell for row in rows for cell in row]
            case Remark(text):
                words.append(text)
            case _:
                words.append(line)
    assert all(isinstance(word, str) for word in words)
    text = " ".join(words)
    assert not re.search(r"\w\(\w+=|\bNone\b|\bnan\b|<|\[|\{", text), text


@pytest.mark.parametrize(
    "view", [view for view in EXAMPLES + EMPTY if view.command and view.tag != "comparison"], ids=titled
)
def test_the_command_prints_the_text(view: View[Any], run: HandRun, tastemap: Command) -> None:
    done = tastemap(*words_of(view))
    if view.tag in ("fold_in", "fold_in_why") and view in EMPTY:
        assert (done.code, "--rate ITEM=RATING" in done.stderr) == (2, True)
        return
    assert done.code == 0
    remarks = [line.text for line in view.lines(run.ask(view)) if isinstance(line, Remark)]
    assert done.stderr.splitlines() == [f"tastemap: {text}" for text in remarks]


# Arguments that don't fit.


def wrong_values(field: OptionField) -> list[Any]:
    wrong: list[Any] = {
        int: ["many", 1.5, True, "1e400"],
        float: ["many", True, float("inf")],
        bool: ["maybe", 2],
        str: [["text"], {"text": 1}],
        Identifier: [1.5, True, {"id": 1}, [[1]]],
    }[field.type]
    if field.form is Form.LIST:
        wrong = [[one] for one in wrong]
    if field.form is Form.RATINGS:
        wrong = [[5], "10=5", {"10": "5"}, {"10": None}, {"10": True}, {"10": float("nan")}]
    if field.form in (Form.ONE, Form.LIST) or field.required:
        wrong = [*wrong, None]
    if field.minimum is not None:
        wrong = [*wrong, field.minimum - 1, -(10**400)]
    if field.maximum is not None:
        wrong = [*wrong, field.maximum + 1, 10**400]
    return [*wrong, "neither"] if field.choices else wrong


@each_example
def test_the_query_says_which_argument_is_unknown_or_lacking(view: View[Any]) -> None:
    with pytest.raises(UsageError, match="takes no argument 'nonsense'"):
        view.ask({**view.to_dict(), "nonsense": 1})
    for field in view.fields():
        if field.required:
            others = {name: value for name, value in view.to_dict().items() if name != field.name}
            with pytest.raises(UsageError, match=f"lacks '{field.name}'"):
                view.ask(others)


@each_example
def test_wrong_arguments_are_refused_in_plain_words_from_a_query_and_from_python(
    view: View[Any], run: HandRun
) -> None:
    for field in view.fields():
        for wrong in wrong_values(field):
            arguments = {**view.to_dict(), field.name: wrong}
            with pytest.raises(UsageError) as caught:
                view.ask(arguments)
            message = str(caught.value)
            assert message[-1] in ".?" and "\n" not in message
            with pytest.raises(UsageError, match=re.escape(message)):
                asked_by_method(run, view, **arguments)


@pytest.mark.parametrize(
    ("tag", "arguments", "reason"),
    [
        ("predictoin", {}, "Did you mean 'prediction'"),
        ("prediction", {"user": 1}, "lacks 'item'"),
        ("biases", {"cuont": 3}, "Did you mean 'count'"),
        ("biases", {"count": "many"}, "whole number"),
        ("biases", {"count": -1}, "at least 0"),
        ("search", {"text": "x", "side": "film"}, "not 'film'"),
        ("map", {"x": 0}, "at least 1"),
        ("map", {"y": "two"}, "a whole number"),
        ("top_items", {"user": "ann", "diversity": 1.5}, "from 0 to 1, not 1.5"),
        ("fold_in", {"ratings": [5]}, "an object of ratings"),
        ("fold_in", {"ratings": {"10": "5"}}, "not '5'"),
        ("comparison", {"runs": []}, "two runs"),
        ("top_items", {"user": []}, "one user"),
        ("top_items", {"user": ["eve"]}, "no user 'eve' in this run. Ids are those"),
        ("similar_items", {"item": "toy xstory zoo"}, "Nearest: 12 Toy Story (1995)"),
        ("top_items", {"user": ["ann"], "genre": "western"}, "no genre 'western'. Known: Comedy, Crime"),
    ],
)
def test_the_engine_tells_what_is_wrong_with_a_query(
    tag: str, arguments: dict[str, Any], reason: str, run: HandRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = engine_says(run, tag, arguments, monkeypatch)
    assert isinstance(told, Failed)
    assert (told.kind, told.request) == ("UsageError", "1")
    assert reason in f"{told.message} {told.hint}"


def refused(done: Done) -> str:
    """What the command said on one line of stderr."""
    assert (done.code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("tastemap: ")
    return line


@pytest.mark.parametrize("view", [view for view in EXAMPLES if view.command], ids=titled)
def test_the_command_refuses_what_does_not_fit(view: View[Any], tastemap: Command) -> None:
    words = words_of(view)
    assert "--nonsense" in refused(tastemap(*words, "--nonsense"))
    for field in view.fields():
        flag = (field.flags or (field.flag,))[-1]
        if field.name in view.positional and field.form is not Form.LIST:
            continue  # any word is an id, a title or a name
        if field.type in (int, float) and field.form is not Form.RATINGS:
            assert "takes a" in refused(tastemap(*words, flag, "many"))
        elif field.form is Form.RATINGS:
            assert "=RATING, as in" in refused(tastemap(*words, flag, "100"))
        elif field.choices:
            assert "one of" in refused(tastemap(*words, flag, "neither"))


@each_command
def test_the_command_says_what_it_lacks(kind: type[View[Any]], tastemap: Command) -> None:
    assert "RUN" in refused(tastemap(kind.command))
    if any(field.required for field in kind.fields()):
        said = refused(tastemap(kind.command, "RUN"))
        assert re.search(r"Missing argument|Say --rate|Name a user|Name one item|two runs", said), said


def test_bounds_hold_for_a_view_that_is_made_directly(run: HandRun) -> None:
    with pytest.raises(UsageError, match="at least 0, not -3"):
        run.recommend(("ann",), n=-3)


def test_ids_and_ratings_come_as_a_table_s_column_has_them(run: HandRun) -> None:
    item, rating = np.int64(10), np.float32(4.5)
    found = run.fold_in({item: rating, np.str_("12"): 1})  # type: ignore[dict-item]
    assert found == run.fold_in({10: 4.5, 12: 1.0}) == run.fold_in(pd.Series({10: 4.5, 12: 1.0}))
    assert run.predict(np.str_("ann"), item) == run.predict("ann", 10)  # type: ignore[arg-type]
    alone = run.recommend("ann", n=np.int32(1))  # type: ignore[arg-type]
    assert alone == run.recommend(("ann",), n=1) == run.recommend(np.array(["ann"]), n=1)


# Models whose numbers aren't finite.


@pytest.fixture
def broken(tmp_path: Path) -> HandRun:
    shapes = {"user_factors": (3, 2), "item_factors": (6, 2), "user_bias": (3, 1), "item_bias": (6, 1)}
    return HandRun(saved_model(tmp_path, **{name: np.full(shape, np.nan) for name, shape in shapes.items()}))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("view", [view for view in EXAMPLES if view.tag not in INDEPENDENT], ids=titled)
def test_numbers_that_are_not_finite_are_no_answer(
    view: View[Any], broken: HandRun, tastemap: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    if view.tag == "top_items" and view.user == ("cid",):  # type: ignore[attr-defined]
        view = dataclasses.replace(view, user=("ann",))  # cid's are the training means
    with pytest.raises(DivergenceError):
        compute(view, broken.model)
    told = engine_says(broken, view.tag, view.to_dict(), monkeypatch)
    assert isinstance(told, Failed)
    assert (told.kind, told.hint) == ("DivergenceError", "Has the training diverged?")
    if view.command:
        done = tastemap(*words_of(view), "--json", of=broken)
        assert (done.code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert "diverged" in done.stderr


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("view", [view for view in EXAMPLES if view.tag in INDEPENDENT], ids=titled)
def test_what_says_nothing_of_the_numbers_is_answered_all_the_same(view: View[Any], broken: HandRun) -> None:
    assert compute(view, broken.model)


def test_the_readme_lists_the_views_as_they_are() -> None:
    text = documentation.README.read_text(encoding="utf-8")
    assert documentation.with_table(text) == text, "run `python -m core.views._documentation`"
    rows = documentation.view_table().splitlines()
    assert len(rows) == len(VIEWS) + 2
    arguments, answer = "user, count (10), min_ratings (1)", "`UserNeighbours`: user, similar, counted"
    assert f"| `similar_users` | `similar-users` | `similar_users` | {arguments} | {answer} |" in rows


def test_the_methods_are_written_as_the_views_are_declared() -> None:
    text = METHODS_FILE.read_text(encoding="utf-8")
    assert methods_module(VIEWS) == text, "run `python -m core.views._documentation`"
