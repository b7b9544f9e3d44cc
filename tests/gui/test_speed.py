"""How fast, and what it costs at a price that the user types: beside the film, and never in the verdict."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from core.memory import Task
from core.throughput import speed_on
from gui.prices import Price, Prices, parse_price
from gui.session import Preferences


@pytest.fixture
def film(room: Any) -> Any:
    explorer = room.window.explorer
    explorer.tabs.setCurrentIndex(explorer.pages.index(explorer.film))
    room.settle()
    return explorer.film


def enter(room: Any, name: str, text: str) -> None:
    box = room.find(QLineEdit, name)
    box.setFocus()
    box.selectAll()
    room.bot.keyClick(box, Qt.Key.Key_Backspace)
    room.bot.keyClicks(box, text)
    room.bot.keyClick(box, Qt.Key.Key_Return)


def bound(room: Any) -> Any:
    return speed_on(room.scenario, room.window.gpu_picker.table.gpu_named(room.scenario.gpu))


def test_a_price_gives_the_cost_of_a_million_tokens(room: Any, film: Any) -> None:
    assert room.text("cost") == ""
    verdict = room.verdict
    enter(room, "price", "$0.50")
    speed = bound(room)
    least = 0.5 * 1e6 / speed.decode_tokens_per_second / 3600
    text = room.text("cost")
    assert text.startswith(f"a million generated tokens: at least ${least:.2f}; at what published runs reach, ")
    assert text.endswith(f"${least / speed.share.high:.2f} to ${least / speed.share.low:.0f}")
    assert room.verdict == verdict


def test_training_costs_what_its_tokens_take(room: Any, film: Any) -> None:
    room.set(task=Task.TRAINING, gpu="A100 80GB")
    room.settle()
    enter(room, "price", "2,5")
    enter(room, "training_tokens.box", "2B")
    hours = 2e9 / bound(room).train_tokens_per_second / 3600
    assert room.text("cost").startswith(f"2B tokens: at least {hours:.3g} h, {2.5 * hours:.3g}; at")
    seconds = room.scenario.context_length / bound(room).train_tokens_per_second
    assert f"a step in at least {seconds:.3g} s" in room.text("speed")


def test_a_price_is_of_one_card_and_is_kept(room: Any, film: Any, open_room: Any) -> None:
    enter(room, "price", "¥3.2/h")
    room.set(gpu="RTX 3090")
    room.settle()
    assert room.find(QLineEdit, "price").text() == ""
    assert room.text("cost") == ""
    room.set(gpu="RTX 4090")
    room.settle()
    assert room.find(QLineEdit, "price").text() == "¥3.2/h"
    again = open_room()
    again.window.explorer.tabs.setCurrentIndex(1)
    again.settle()
    assert "at least ¥" in again.text("cost")
    enter(again, "price", "")
    assert again.text("cost") == ""


@pytest.mark.parametrize("text", ["nothing", "-1", "0", "1e9", "2.5.1", "$"])
def test_what_is_no_price_is_told_and_changes_nothing(room: Any, film: Any, text: str) -> None:
    enter(room, "price", "2")
    before = room.text("cost")
    enter(room, "price", text)
    assert room.text("cost") == "That is no price. Type one such as 2.50 or $2.50."
    room.set(batch_size=2)
    room.settle()
    assert room.text("cost").startswith("a million generated tokens")
    assert before


def test_no_card_has_no_price(room: Any, film: Any) -> None:
    room.set(gpu="")
    room.settle()
    assert not room.find(QLineEdit, "price").isVisible()


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("2.50", Price("", 2.5)),
        ("$ 2", Price("$", 2.0)),
        ("１８.５元", Price("", 18.5)),
        ("€0,35 / h", Price("€", 0.35)),
        ("USD 3", Price("USD", 3.0)),
        ("", None),
        ("1" * 9, None),
    ],
)
def test_prices_as_people_type_them(text: str, price: Price | None) -> None:
    assert parse_price(text) == price


@given(st.text(max_size=60))
def test_no_text_is_taken_for_a_price_that_is_none(text: str) -> None:
    price = parse_price(text)
    assert price is None or (0 < price.amount < 10**6 and len(price.sign) <= 4)


@pytest.mark.parametrize("stored", ["[]", "{", '{"A": 3}', '{"A": "x"}', "[" * 9999])
def test_settings_that_hold_something_else_are_no_prices(settings: Any, stored: str) -> None:
    settings.setValue("prices", stored)
    settings.setValue("training_tokens", stored)
    prices = Prices(Preferences(settings))
    assert prices.price_of("A") is None
    assert prices.tokens == 10**9
