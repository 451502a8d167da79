"""Writes `asker.py`, the views as methods with typed arguments, from the views' declarations."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.options import Form, Identifier, OptionField
from core.views import View

METHODS_FILE = Path(__file__).with_name("asker.py")
_WIDTH = 110
_HEAD = '''"""Every view as a method: written by `python -m core.views._documentation`, never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from core.options import Identifier, RatingsById
from core.views.python._asking import Asks

if TYPE_CHECKING:
{imports}


class Asker(Asks):
    """Every view as a method with the view's own arguments: `run.recommend(4, n=5)`.

    An item is an id or a title. `n` is what the command calls -n.
    """
'''


def methods_module(views: Mapping[str, type[View[Any]]]) -> str:
    """The module as it is now."""
    methods = sorted(views.values(), key=lambda view: view.method)
    return _HEAD.format(imports=_imports(methods)) + "".join(map(_method, methods))


def _imports(views: list[type[View[Any]]]) -> str:
    names: dict[str, set[str]] = {}
    for view in views:
        answer = view.answer_type()
        room = answer.__module__.rpartition(".")[0]
        names.setdefault(room, set()).add(answer.__name__)
    blocks = []
    for room, found in sorted(names.items()):
        listed = "".join(f"        {name},\n" for name in sorted(found, key=str.casefold))
        blocks.append(f"    from {room} import (\n{listed}    )")
    return "\n".join(blocks)


def _method(view: type[View[Any]]) -> str:
    answer = view.answer_type().__name__
    head = _signature(f"    def {view.method}(", ["self", *_parameters(view)], f") -> {answer}:")
    body = [f'answer: {answer} = self._asked("{view.tag}", locals())', "return answer"]
    return f"\n{head}\n{_docstring(view)}\n" + "".join(f"        {line}\n" for line in body)


def _signature(start: str, parameters: list[str], end: str) -> str:
    line = f"{start}{', '.join(parameters)}{end}"
    if len(line) <= _WIDTH:
        return line
    inner = "".join(f"        {parameter},\n" for parameter in parameters)
    return f"{start}\n{inner}    {end}"


def _parameters(view: type[View[Any]]) -> Iterator[str]:
    """Those that must be given or are taken by their place, then `n`, then the others by name."""
    fields = {field.name: field for field in view.fields()}
    ordered = [fields.pop(name) for name in view.leading]
    ordered += [
        fields.pop(field.name) for field in [*fields.values()] if field.required or field.argument == "n"
    ]
    yield from map(_parameter, ordered)
    if fields:
        yield "*"
    yield from map(_parameter, fields.values())


def _parameter(field: OptionField) -> str:
    shown = f"{field.argument}: {_annotation(field)}"
    return shown if field.required else f"{shown} = {field.default!r}".replace("'", '"')


def _annotation(field: OptionField) -> str:
    if field.form is Form.RATINGS:
        return "RatingsById" if field.required else "RatingsById | None"
    name = "Identifier" if field.type == Identifier else field.type.__name__
    if field.choices:
        quoted = ", ".join(f'"{choice}"' for choice in field.choices)
        name = f"Literal[{quoted}]"
    forms = {Form.OPTIONAL: f"{name} | None", Form.LIST: f"{name} | Sequence[{name}]"}
    return forms.get(field.form, name)


def _docstring(view: type[View[Any]]) -> str:
    """What the view says of itself, and a line an argument."""
    paragraphs = inspect.cleandoc(view.__doc__ or "").split("\n\n")
    text = [line for one in paragraphs for line in (*_wrapped(one, ""), "")]
    for field in view.fields():
        text += _wrapped(f"{field.argument}: {field.help}", "    ")
    first, *rest = "\n".join(text).strip().split("\n")
    if not rest:
        return f'        """{first}"""'
    return "\n".join([f'        """{first}', *(f"        {line}".rstrip() for line in rest), '        """'])


def _wrapped(text: str, hanging: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH - 8, subsequent_indent=hanging)
