"""Texts that people wrote, as rich text: figures written out, ``**bold**`` and ``[words](term)`` shown, all else as it stands."""

import re
from collections.abc import Iterable
from html import escape

from core.lessons.figures import Kind
from core.lessons.template import Amount
from gui.quantities import ByteUnit, Numbers

_NONE = "—"
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_LINK = re.compile(r"\[([^\]\n]{1,80})\]\(([a-z0-9_]{1,40})\)")
#: The end of a line where Chinese goes on, or after its punctuation: nobody would write a space there.
_WRAPPED = re.compile(
    r"(?<=[，。；：、！？）]) *\n *(?!-)|(?<=[\u3000-\u9fff\uff00-\uffef]) *\n *(?=(?:\*\*|\[)?[\u3000-\u9fff\uff00-\uffef])"
)
#: Of a list: a line of its own, which may begin with a number.
_ITEM = re.compile(r"(?:^|\n) *- (\d)?")
_BREAK = "\v"  # no text has one: YAML refuses it
#: Between paragraphs, half as much as Qt would leave.
_GAP = '<p style="margin: 6px 0 0 0">'
_MB = 10**6
_UNITS = {"GB": ByteUnit.GB, "GiB": ByteUnit.GIB}


def html_of(parts: Iterable[str | Amount] | str, numbers: Numbers) -> str:
    """Rich text; a link leads to ``term:`` and the term's id. Empty lines part paragraphs, lines that begin with ``- `` are a list."""
    text = parts if isinstance(parts, str) else "".join(part if isinstance(part, str) else amount_text(part, numbers) for part in parts)
    paragraphs = [_WRAPPED.sub("", paragraph.strip()) for paragraph in text.split("\n\n")]
    blocks = [_marked_up(_ITEM.sub(_item, paragraph).strip(_BREAK)) for paragraph in paragraphs if paragraph]
    return _GAP.join(blocks).replace(_BREAK, "<br>")


def _item(match: re.Match[str]) -> str:
    """An item that begins with its number needs no other sign."""
    return _BREAK + (match[1] or "• ")


def plain_of(parts: Iterable[str | Amount] | str, numbers: Numbers) -> str:
    """The same for screen readers."""
    text = parts if isinstance(parts, str) else "".join(part if isinstance(part, str) else amount_text(part, numbers) for part in parts)
    return " ".join(_LINK.sub(r"\1", _BOLD.sub(r"\1", _WRAPPED.sub("", text))).split())


def amount_text(amount: Amount, numbers: Numbers) -> str:
    """A figure in the reader's numbers, with its unit."""
    value = amount.value
    if value is None:
        return _NONE
    if isinstance(value, str):
        return value or _NONE
    if amount.unit == "%":
        return numbers.share(value)
    if amount.unit in _UNITS:
        numbers = Numbers(_UNITS[amount.unit])
    match amount.kind:
        case Kind.BYTES if amount.unit == "MB":
            return f"{numbers.decimal(value / _MB, amount.decimals or 0)}\u00a0MB"
        case Kind.BYTES if amount.decimals is not None:
            return f"{numbers.decimal(value / numbers.unit.divisor, amount.decimals)}\u00a0{numbers.unit.value}"
        case Kind.BYTES if abs(value) < 1000:  # of one parameter, or none
            return numbers.small_bytes(value)
        case Kind.BYTES:
            return numbers.bytes(round(value))
        case Kind.COUNT if abs(value) >= _MB:
            return numbers.parameters(round(value))
        case Kind.COUNT:
            return numbers.count(round(value))
        case _:
            return numbers.decimal(value, 1 if amount.decimals is None else amount.decimals)


def _marked_up(text: str) -> str:
    return _LINK.sub(r'<a href="term:\2">\1</a>', _BOLD.sub(r"<b>\1</b>", escape(text, quote=False)))
