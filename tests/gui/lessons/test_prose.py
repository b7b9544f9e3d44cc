"""Texts that people wrote are shown as they stand, but for the little that is markup."""

import pytest
from PySide6.QtCore import QLocale

from core.lessons.figures import Kind
from core.lessons.template import Amount
from gui.lessons.prose import amount_text, html_of, plain_of
from gui.quantities import ByteUnit, Numbers

NUMBERS = Numbers(ByteUnit.GIB, QLocale("en"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** c", "a <b>b</b> c"),
        ("see [KV cache](kv_cache)", 'see <a href="term:kv_cache">KV cache</a>'),
        ("<script> & <b>x</b>", "&lt;script&gt; &amp; &lt;b&gt;x&lt;/b&gt;"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("[x](https://example.org)", "[x](https://example.org)"),
        ("权重\n很大", "权重很大"),
        ("权重\nint8", "权重\nint8"),
        ("权重；\nint8", "权重；int8"),
        ("权重\n**很大**", "权重<b>很大</b>"),
        ("如下：\n- 权重", "如下：<br>• 权重"),
        ("all:\n- a\n- b", "all:<br>• a<br>• b"),
        ("- 1 a\n- 2 b", "1 a<br>2 b"),
        ("a\n\nb", 'a<p style="margin: 6px 0 0 0">b'),
    ],
)
def test_rich_text(text: str, html: str) -> None:
    assert html_of(text, NUMBERS) == html


def test_screen_readers_get_the_words_alone() -> None:
    assert plain_of(["see **this** [KV cache](kv_cache):\n", Amount(Kind.BYTES, 2**30)], NUMBERS) == "see this KV cache: 1.0 GiB"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount(Kind.BYTES, 3 * 2**30), "3.0 GiB"),
        (Amount(Kind.BYTES, 77_490_000_000, "GB", 1), "77.5 GB"),
        (Amount(Kind.BYTES, 989_855_744, "MB"), "990 MB"),
        (Amount(Kind.BYTES, 26.0769 * 2**30, "GiB", 3), "26.077 GiB"),
        (Amount(Kind.BYTES, 0.5), "0.5 B"),
        (Amount(Kind.BYTES, -(2**30)), "\u22121.0 GiB"),
        (Amount(Kind.BYTES, None), "—"),
        (Amount(Kind.COUNT, 4096), "4,096"),
        (Amount(Kind.COUNT, 6_738_415_616), "6.738 B"),
        (Amount(Kind.RATIO, 0.5234, "%"), "52%"),
        (Amount(Kind.RATIO, 9.31), "9.3"),
        (Amount(Kind.RATIO, 16.0, "", 0), "16"),
        (Amount(Kind.NAME, "RTX 4090"), "RTX 4090"),
        (Amount(Kind.NAME, ""), "—"),
    ],
)
def test_figures(amount: Amount, text: str) -> None:
    assert amount_text(amount, NUMBERS).replace("\u00a0", " ") == text
