"""How a method becomes a question: arrays become plain values, and Python's names the view's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.options import Form, OptionField
from core.views import A, View


class Asks:
    """Base of what views can be asked of."""

    def ask(self, view: View[A]) -> A:
        """Answer a view; raises TastemapError."""
        raise NotImplementedError

    def _asked(self, tag: str, given: Mapping[str, Any]) -> Any:
        """Ask the view of a tag by the arguments of its method, `self` among them."""
        from core.views import find_view

        view = find_view(tag)
        arguments = {field.name: _plain(field, given[field.argument]) for field in view.fields()}
        return self.ask(view.ask(arguments))


def _plain(field: OptionField, value: Any) -> Any:
    """Columns and numbers of pandas and NumPy as Python's own."""
    if field.form is Form.RATINGS and not isinstance(value, Mapping) and hasattr(value, "to_dict"):
        return value.to_dict()
    return value.tolist() if hasattr(value, "tolist") else value
