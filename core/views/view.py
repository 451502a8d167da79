"""The base of all views: a question to a model, declared once.

A view declares its arguments as an architecture declares its options, the type of its answer, how it is
computed, and how the answer reads as text. The engine's query and its checks, the command with its flags and
`--json`, the method of a `Run`, the frame and the tables in the documentation all follow from that.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from core.errors import UsageError, diverged
from core.model import Model
from core.options import OptionSet, option, suggest
from core.protocol import snake_case, to_builtins

if TYPE_CHECKING:
    import pandas
    import pyarrow

Cells = tuple[str, ...]


class Answer:
    """Base of the answers: frozen dataclasses of plain values, which come back the same from JSON.

    Shown at a prompt an answer is the text of its command, in a notebook the same as tables. Whatever takes
    tables by the Arrow protocol (polars, DuckDB, pyarrow) takes an answer.
    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Keep dataclasses from writing a `__repr__` of their own."""
        super().__init_subclass__(**arguments)
        if "__repr__" not in vars(cls):
            cls.__repr__ = Answer.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        from core.views.python import as_text

        return as_text(self.lines())

    def _repr_html_(self) -> str:
        from core.views.python import as_html

        return as_html(self.lines())

    def lines(self) -> Lines:
        """This answer for people, as its view's command tells it."""
        from core.views.registry import view_of

        return view_of(type(self)).lines(self)

    def rows(self) -> Sequence[Any]:
        """What a frame shows, a dataclass a row: the answer's first list of them, or the answer itself."""
        for name, kind in typing.get_type_hints(type(self)).items():
            if _listed(kind) is not None:
                rows: Sequence[Any] = getattr(self, name)
                return rows
        return (self,)

    def to_frame(self) -> pandas.DataFrame:
        """The answer's rows as a pandas table, a field a column; without rows the columns stay."""
        from core.views.python import data_frame

        return data_frame(self._row_type(), self.rows())

    def to_arrow(self) -> pyarrow.Table:
        """The same rows as an Arrow table, a field a column of the field's type."""
        from core.views.python import arrow_table

        return arrow_table(self._row_type(), self.rows())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    @classmethod
    def _row_type(cls) -> Any:
        """The dataclass of the rows."""
        own = typing.get_type_hints(cls.rows)["return"]
        kinds = map(_listed, [own, *typing.get_type_hints(cls).values()])
        return next(filter(None, kinds), cls)


def _listed(kind: Any) -> Any:
    """The dataclass of which an annotation says that it is a list; None where it says anything else."""
    members = typing.get_args(kind) if typing.get_origin(kind) in (tuple, Sequence) else ()
    return members[0] if members and dataclasses.is_dataclass(members[0]) else None


A = TypeVar("A", bound=Answer)
A_co = TypeVar("A_co", bound=Answer, covariant=True)


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells, for a table with aligned columns."""

    rows: Sequence[Cells]


@dataclasses.dataclass(frozen=True)
class Remark:
    """A remark about the data, told beside it."""

    text: str


Lines = Iterable[str | Table | Remark]
"""An answer for people: lines, tables and remarks in order."""


class View(OptionSet, Generic[A_co]):
    """A question to a model; subclasses declare its arguments and write `answer` and `lines`.

    `tag` is its name on the wire (by default the class's in snake_case), `command` that of its command, and
    `positional` the arguments that the command takes by their place. `method` names the method of a run where
    that isn't the command's name; it takes `leading` by their place (by default what the command does).
    `on_held_out` says that its figures stand on the held-out part, so that a split in which training knows
    the future is told beside them.
    """

    _only_plain: ClassVar[bool] = False
    tag: ClassVar[str] = "view"
    command: ClassVar[str] = ""
    positional: ClassVar[tuple[str, ...]] = ()
    method: ClassVar[str] = ""
    leading: ClassVar[tuple[str, ...]] = ()
    on_held_out: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Name the view after its class, and its method after its command, unless it names them itself."""
        super().__init_subclass__(**arguments)
        if "tag" not in vars(cls):
            cls.tag = snake_case(cls.__name__)
        if "method" not in vars(cls):
            cls.method = cls.command.replace("-", "_") or cls.tag
        if "leading" not in vars(cls):
            cls.leading = cls.positional

    def answer(self, model: Model) -> A_co:
        """Compute the answer; raises TastemapError."""
        raise NotImplementedError

    @classmethod
    def lines(cls, answer: Any) -> Lines:
        """The answer for people."""
        raise NotImplementedError

    @classmethod
    def answer_type(cls) -> type[A_co]:
        """The class of the answers."""
        found: type[A_co] = typing.get_type_hints(cls.answer)["return"]
        return found

    @classmethod
    def ask(cls, arguments: Mapping[str, Any]) -> typing.Self:
        """Make the question from names and JSON values.

        Raises UsageError for missing, wrong and unknown arguments.
        """
        known = {field.name for field in cls.fields()}
        for name in arguments:
            if name not in known:
                raise UsageError(f"The view takes no argument {name!r}.", hint=suggest(name, known))
        for field in cls.fields():
            if field.required and field.name not in arguments:
                raise UsageError(f"The query lacks {field.name!r}.")
        return cls.parse(arguments)


class OfMostRated(View[A_co]):
    """A view of the most rated items alone: what a few people rated says little of taste."""

    most_rated: int = option(default=2000, help="So many of the most rated items take part.", minimum=2)


def compute(view: View[A], model: Model) -> A:
    """Answer a view with BLAS on one thread.

    Views are small, and the threads of BLAS wait on cores that training holds (a map took 80 ms instead of
    2). Raises TastemapError: a UsageError for arguments that don't fit, a DivergenceError where the answer's
    numbers aren't finite.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    checked = type(view).parse(view.to_dict())
    with threadpool_limits(1, user_api="blas"):
        answer = checked.answer(model)
    _refuse_broken_numbers(answer)
    return answer


def _refuse_broken_numbers(answer: Answer) -> None:
    """JSON has no NaN, and where a model's numbers aren't finite no view says anything."""
    try:
        json.dumps(to_builtins(answer), allow_nan=False)
    except ValueError:
        raise diverged() from None
