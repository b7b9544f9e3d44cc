"""One page to hand out: scenario, bars, verdict, assumptions, formulas, sources and version."""

import html

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPainter, QPdfWriter, QTextDocument, QTransform
from PySide6.QtWidgets import QApplication

from gui.quantities import Numbers
from gui.take_home.report import Explained, Report
from gui.take_home.sheet import PAPER, Sheet

translate = QCoreApplication.translate

_MARGIN_MM = 14.0
_DPI = 96  # of the units that the page is laid out in, whatever the screen has
#: Sizes of the type in those units, from the largest: the first in which everything is on the page.
_TYPE_PX = (12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
_GAP_PX = 10
#: A formula as long as the shape of a model makes it is cut here.
_LONGEST = 600


def as_page(report: Report, sheet: Sheet, numbers: Numbers) -> bytes:
    """A PDF of one A4 page; ``sheet`` is the picture in its upper half."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(report.title)
    writer.setCreator(report.made_by)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM), QPageLayout.Unit.Millimeter)
    painter = QPainter(writer)
    scale = writer.logicalDpiX() / _DPI
    painter.scale(scale, scale)
    _paint(painter, QSizeF(writer.width() / scale, writer.height() / scale), report, sheet, numbers)
    painter.end()
    buffer.close()
    return bytes(data.data())


def _paint(painter: QPainter, page: QSizeF, report: Report, sheet: Sheet, numbers: Numbers) -> None:
    scale = page.width() / sheet.width()
    picture = scale * sheet.height()
    head, body, foot = documents(report, numbers, page.width(), page.height() - picture - 3 * _GAP_PX)
    top = head.size().height() + _GAP_PX
    _draw(painter, head, 0.0)
    painter.save()
    painter.setTransform(QTransform.fromTranslate(0.0, top).scale(scale, scale), True)
    sheet.paint_on(painter)
    painter.restore()
    _draw(painter, body, top + picture + _GAP_PX)
    _draw(painter, foot, page.height() - foot.size().height())


def documents(report: Report, numbers: Numbers, width: float, height: float) -> tuple[QTextDocument, QTextDocument, QTextDocument]:
    """What stands above the picture, below it, and at the foot: as large as all three fit ``height``, or as small as can be read."""
    for size in _TYPE_PX:
        found = (
            _document(_head_html(report), width, size),
            _document(_body_html(report, numbers), width, size),
            _document(_foot_html(report), width, size),
        )
        if sum(document.size().height() for document in found) <= height:
            break
    return found


def _draw(painter: QPainter, document: QTextDocument, top: float) -> None:
    painter.save()
    painter.setTransform(QTransform.fromTranslate(0.0, top), True)
    document.drawContents(painter, QRectF(0, 0, document.size().width(), document.size().height()))
    painter.restore()


def _document(body: str, width: float, size: float) -> QTextDocument:
    document = QTextDocument()
    document.setDocumentMargin(0)
    face = QFont(QApplication.font())
    face.setPixelSize(1)  # sizes are the style sheet's
    document.setDefaultFont(face)
    document.setDefaultStyleSheet(
        f"* {{ font-size: {size}px; color: {PAPER.text}; }} .title {{ font-size: {1.8 * size}px; font-weight: bold; }}"
        f" p {{ margin: 0; }} .part {{ font-size: {1.15 * size}px; font-weight: bold; margin-top: {0.7 * size}px; }}"
        f" .verdict {{ font-size: {1.3 * size}px; font-weight: bold; }} .dim, .dim * {{ color: {PAPER.dim_text}; }}"
    )
    document.setHtml(body)
    document.setTextWidth(width)
    return document


def _head_html(report: Report) -> str:
    color = PAPER.status[report.status] if report.status is not None else PAPER.text
    return (
        f"<p class='title'>{html.escape(report.title)}</p><p>{html.escape(report.summary)}</p>"
        f"<p class='verdict' style='color: {color}'>{html.escape(report.verdict)}</p>"
    )


def _foot_html(report: Report) -> str:
    return f"<p class='dim'>{html.escape(report.made_by)}</p>"


def _body_html(report: Report, numbers: Numbers) -> str:
    left, right = f"<td width='46%'>{_assumptions_html(report)}</td>", f"<td>{_moments_html(report, numbers)}</td>"
    halves = f"<table width='100%'><tr>{left}<td width='4%'></td>{right}</tr></table>"
    if not report.explained:
        return halves
    title = html.escape(translate("Report", "Formulas, in bytes"))
    rows = "".join(_formula_html(part) for part in report.explained)
    letters = "; ".join(f"{letter} = {field} = {value}" for letter, field, value in report.symbols)
    table = f"<table width='100%' cellspacing='0' cellpadding='1'>{rows}</table>"
    return f"{halves}<p class='part'>{title}</p>{table}<p class='dim'>{html.escape(letters)}</p>"


def _assumptions_html(report: Report) -> str:
    rows = "".join(_assumption_html(*row) for row in report.assumptions)
    return f"<p class='part'>{html.escape(translate('Report', 'Assumptions'))}</p><table cellspacing='0' cellpadding='0'>{rows}</table>"


def _assumption_html(name: str, value: str) -> str:
    return f"<tr valign='middle'><td class='dim'>{html.escape(name)}&nbsp;&nbsp;</td><td>{html.escape(value)}</td></tr>"


def _moments_html(report: Report, numbers: Numbers) -> str:
    def cells(texts: list[str], tag: str = "td") -> str:
        return "".join(f"<{tag} align='right'>&nbsp;{html.escape(text)}</{tag}>" for text in texts)

    head = f"<tr valign='middle'><td></td>{cells(list(report.moments))}</tr>"
    rows = "".join(
        f"<tr valign='middle'><td>{html.escape(name)}</td>{cells([numbers.figure(size).number if size else '–' for size in sizes])}</tr>"
        for name, sizes in report.sizes
    )
    title = translate("Report", "Memory in {unit}").format(unit=numbers.unit.value)
    return f"<p class='part'>{html.escape(title)}</p><table width='100%' cellspacing='0' cellpadding='0'>{head}{rows}</table>"


def _formula_html(part: Explained) -> str:
    color = PAPER.components[part.component]
    texts = [_short(part.formula)]
    if part.numbers:
        texts.append(f"= {_short(part.numbers)}")
    body = "<br>".join(html.escape(text) for text in texts)
    return (
        f"<tr><td><span style='color: {color}'>■</span>&nbsp;<b>{html.escape(part.name)}</b>&nbsp;</td>"
        f"<td align='right'>{html.escape(part.amount)}&nbsp;&nbsp;</td>"
        f"<td>{body}<br><span class='dim'>{html.escape(part.source)}</span></td></tr>"
    )


def _short(formula: str) -> str:
    return formula if len(formula) <= _LONGEST else formula[:_LONGEST] + " …"
