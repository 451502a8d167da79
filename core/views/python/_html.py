"""Lines of an answer as HTML for notebooks: plain tables, everything escaped, no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from core.readable import readable
from core.views import Lines, Remark, Table


def as_html(lines: Lines) -> str:
    """Write lines, tables and remarks below each other."""
    return f'<div class="tastemap">{"".join(_elements(lines))}</div>'


def _elements(lines: Lines) -> Iterator[str]:
    for line in lines:
        match line:
            case Table(rows):
                yield html_table(rows)
            case Remark(text):
                yield f"<p><small>{_shown(text)}</small></p>"
            case _:
                yield f"<p>{_shown(line)}</p>"


def html_table(rows: Iterable[Sequence[str]], heading: Sequence[str] = ()) -> str:
    """Write rows of texts as a table; `heading` names the columns."""
    head = f"<thead>{_row(heading, 'th')}</thead>" if heading else ""
    return f"<table>{head}<tbody>{''.join(_row(row, 'td') for row in rows)}</tbody></table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_shown(cell)}</{tag}>' for cell in cells)}</tr>"


def _shown(text: str) -> str:
    return escape(readable(text))
