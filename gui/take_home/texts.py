"""A report as text: CSV with exact bytes for a spreadsheet, Markdown for a page or a chat."""

import csv
import io

from PySide6.QtCore import QCoreApplication

from gui.quantities import Numbers
from gui.take_home.report import Report

translate = QCoreApplication.translate


def as_csv(report: Report) -> bytes:
    """Components by moments, in bytes. UTF-8 with its mark, by which spreadsheets know it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([translate("Report", "Bytes"), *report.moments])
    writer.writerows([name, *sizes] for name, sizes in report.sizes)
    return out.getvalue().encode("utf-8-sig")


def as_tabs(report: Report) -> str:
    """The same for the clipboard: spreadsheets split at tabs, whatever the locale."""
    lines = [[translate("Report", "Bytes"), *report.moments], *([name, *map(str, sizes)] for name, sizes in report.sizes)]
    return "\n".join("\t".join(line) for line in lines) + "\n"


def as_markdown(report: Report, numbers: Numbers) -> str:
    """All of the report."""
    blocks = [f"# {_plain(report.title)}", _plain(report.summary), f"**{_plain(report.verdict)}**"]
    blocks.append(_table([translate("Report", "Memory"), *report.moments], [_amounts(row, numbers) for row in report.sizes], right=True))
    blocks.append("## " + translate("Report", "Assumptions"))
    blocks.append(_table([translate("Report", "What"), translate("Report", "Value")], [list(row) for row in report.assumptions]))
    if report.explained:
        blocks.append("## " + translate("Report", "Formulas, in bytes"))
    for part in report.explained:
        lines = [f"- **{_plain(part.name)}**, {part.amount}: `{part.formula}`"]
        if part.numbers:
            lines.append(f"  = `{part.numbers}`")
        lines.append("  " + translate("Report", "Source: {source}").format(source=part.source))
        blocks.append("  \n".join(lines))
    if report.symbols:
        blocks.append("; ".join(f"{letter} = `{field}` = {value}" for letter, field, value in report.symbols))
    blocks.append(f"*{_plain(report.made_by)}*")
    return "\n\n".join(blocks) + "\n"


def _amounts(row: tuple[str, tuple[int, ...]], numbers: Numbers) -> list[str]:
    name, sizes = row
    return [name, *(numbers.bytes(size) if size else "–" for size in sizes)]


def _table(head: list[str], rows: list[list[str]], *, right: bool = False) -> str:
    rule = ["---", *(["---:"] if right else ["---"]) * (len(head) - 1)]
    return "\n".join("| " + " | ".join(map(_plain, row)) + " |" for row in (head, rule, *rows))


def _plain(text: str) -> str:
    """``text`` as Markdown shows it as it is: a name that somebody sent may hold anything."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")
