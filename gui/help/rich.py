"""Rich text from plain words: whatever they are, they are shown as they stand."""

from collections.abc import Iterable, Sequence
from html import escape


def title_html(text: str, beside: str = "", color: str = "") -> str:
    """A heading, with something dimmer beside it."""
    dim = f' <span style="color: {color}">{escape(beside)}</span>' if beside else ""
    return f"<h3>{escape(text)}{dim}</h3>"


def section_html(text: str) -> str:
    return f"<h4>{escape(text)}</h4>"


def table_html(rows: Iterable[Sequence[str]], *, head: Sequence[str] = (), right: bool = False) -> str:
    """``right``: the last column ends at the right, in bold."""
    body = "".join(_row_html(cells, right=right) for cells in rows)
    return f"<table width='100%' cellspacing='2'>{_row_html(head, bold=True) if head else ''}{body}</table>"


def _row_html(cells: Sequence[str], *, bold: bool = False, right: bool = False) -> str:
    written = [f"<b>{escape(cell)}</b>" if bold else escape(cell) for cell in cells]
    *others, last = written
    end = f"<td align='right'><b>{last}</b></td>" if right else f"<td>{last}</td>"
    return "<tr>" + "".join(f"<td>{cell}&nbsp;&nbsp;</td>" for cell in others) + end + "</tr>"
