"""Under the verdict: what to change so that it fits, what the room that is left would hold, and where each slider runs out of memory."""

import re
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QToolButton

from core.memory import FitStatus, Scenario, Task, estimate, judge
from gui.widgets.track import TrackSlider


def offers(room: Any) -> list[str]:
    room.settle()
    return [text.replace("\u00a0", " ") for text in room.window.verdict.advice.texts()]


def press(room: Any, place: int) -> None:
    with room.change():
        room.bot.mouseClick(room.find(QPushButton, f"advice_{place}"), Qt.MouseButton.LeftButton)


def status(room: Any) -> FitStatus:
    found = room.estimate
    usable = room.window.gpu_picker.table.gpu_named(room.scenario.gpu).usable_bytes
    return judge(found.total_bytes, usable, found.peak.stack, found.sure_bytes).status


def test_what_runs_out_is_mended_by_one_press_and_undone_by_one_key(room: Any) -> None:
    room.set(gpu="RTX 4070")
    assert status(room) is FitStatus.OOM
    assert offers(room)[0] == "int8 weights (\u22125.9 GiB)"
    before = room.scenario
    press(room, 0)
    assert room.scenario == before.evolve(weights="int8")
    assert status(room) is FitStatus.FITS
    assert room.verdict.startswith("Fits on RTX 4070")
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario == before


def test_the_smallest_card_that_holds_it_is_a_press_away(room: Any) -> None:
    room.set(gpu="RTX 4070")
    offered = offers(room)
    card = next(text for text in offered if "GiB" not in text)
    press(room, offered.index(card))
    assert room.scenario.gpu == card
    assert status(room) is FitStatus.FITS


@pytest.mark.parametrize("fields", [{}, {"task": Task.TRAINING, "batch_size": 4}, {"runtime": "vllm", "context_length": 131072}])
def test_every_offer_fits(room: Any, fields: dict[str, Any]) -> None:
    room.set(gpu="RTX 3060 (12GB)", **fields)
    start = room.scenario
    assert offers(room)
    for place, text in enumerate(offers(room)):
        if place >= 5 or not room.find(QPushButton, f"advice_{place}").isVisible():
            break
        press(room, place)
        assert status(room) is FitStatus.FITS or (text.startswith("≈") and status(room) is FitStatus.TIGHT)
        with room.change():
            room.store.undo()
        assert room.scenario == start
        room.settle()


def test_where_what_surely_fits_is_harsh_what_probably_fits_is_offered_as_such(room: Any, models: Any) -> None:
    """QLoRA of 13B on 16 GiB: checkpointing is what anyone would try first, and few such runs were measured."""
    llama_13b = next(model.architecture for model in models if model.architecture.name.endswith("Llama-2-13b-hf"))
    room.set(task=Task.TRAINING, method="qlora", weights="int4", context_length=2048, architecture=llama_13b, gpu="RTX 4080")
    assert offers(room)[0].startswith("≈ gradient checkpointing (")
    assert "not surely" in room.find(QPushButton, "advice_0").toolTip()
    press(room, 0)
    assert room.scenario.gradient_checkpointing
    assert total(room.scenario) <= room.window.gpu_picker.table.gpu_named("RTX 4080").usable_bytes


def test_what_has_no_room_in_the_row_is_in_the_menu(room: Any) -> None:
    room.window.resize(1024, 640)
    room.set(batch_size=4, context_length=8192)
    offered = offers(room)
    buttons = [room.find(QPushButton, f"advice_{place}") for place in range(5)]
    shown = [button for button in buttons if button.isVisible()]
    assert [button.text().replace("\u00a0", " ") for button in shown] == offered[: len(shown)]
    assert all(button.geometry().right() <= room.window.verdict.advice.width() for button in shown)
    assert len(shown) < len(offered)
    entries = menu(room)
    assert [text.split("\t")[0] for text in entries] == offered
    assert all(text.split("\t")[1] for text in entries), "what each costs"
    with room.change():
        room.find(QToolButton, "advice_more").menu().actions()[len(shown)].trigger()
    assert status(room) is FitStatus.FITS or offered[len(shown)].startswith("≈")


def menu(room: Any) -> list[str]:
    """The longer list, as it comes up."""
    more = room.find(QToolButton, "advice_more")
    more.menu().aboutToShow.emit()
    return [action.text().replace("\u00a0", " ") for action in more.menu().actions()]


def test_the_longer_list_has_what_changes_more_and_larger_cards(room: Any) -> None:
    room.set(gpu="RTX 4070")
    offered = offers(room)
    assert offered[0] == "int8 weights (\u22125.9 GiB)"
    assert "int4 weights (\u22128.9 GiB)" in offered[1:]
    several = [text for text in offered if "×" in text]
    assert several == ["2 × RTX 4070"]
    cards = [text for text in offered if "GiB" not in text and text not in several]
    assert len(cards) == 5
    table = room.window.gpu_picker.table
    sizes = [table.gpu_named(name).memory_bytes for name in cards]
    assert sizes == sorted(set(sizes))
    for text, entry in zip(offered, menu(room), strict=True):
        assert entry.startswith(f"{text}\t")


@pytest.mark.parametrize("fields", [{}, {"task": Task.TRAINING, "batch_size": 4}])
def test_whatever_the_longer_list_offers_fits(room: Any, fields: dict[str, Any]) -> None:
    room.set(gpu="RTX 3060 (12GB)", **fields)
    start = room.scenario
    assert offers(room)
    for place, text in enumerate(offers(room)):
        menu(room)
        with room.change():
            room.find(QToolButton, "advice_more").menu().actions()[place].trigger()
        assert status(room) is FitStatus.FITS or (text.startswith("≈") and status(room) is FitStatus.TIGHT)
        with room.change():
            room.store.undo()
        assert room.scenario == start
        room.settle()


def test_room_that_is_left_is_offered(room: Any) -> None:
    room.set(gpu="RTX 4090", weights="int4")
    assert offers(room) == ["context up to 27,648", "batch up to 6", "bf16 weights"]
    press(room, 0)
    assert room.scenario.context_length == 27_648
    assert status(room) is FitStatus.FITS


def test_nothing_is_promised_where_nothing_helps(room: Any, models: Any) -> None:
    llama_405b = next(model.architecture for model in models if "405B" in model.architecture.name)
    room.set(gpu="RTX 4090", architecture=llama_405b, weights="bf16", batch_size=64, context_length=131072)
    assert offers(room) == []
    assert "it takes several" in room.text("advice_head")


def test_without_a_card_there_is_no_advice(room: Any) -> None:
    room.set(gpu="")
    assert offers(room) == []
    assert room.text("advice_head") == ""


def test_a_press_on_what_was_worked_out_for_another_scenario_does_nothing(room: Any) -> None:
    room.set(gpu="RTX 4070")
    assert offers(room)
    with room.change():
        room.store.dispatch(context_length=8192)
    changed = room.scenario
    room.find(QPushButton, "advice_0").click()
    assert room.scenario == changed


@pytest.mark.parametrize(("name", "field"), [("context", "context_length"), ("batch", "batch_size")])
def test_a_track_is_hatched_from_where_it_no_longer_fits(room: Any, name: str, field: str) -> None:
    room.settle()  # over an RTX 4090, as the example has it
    track: TrackSlider = room.track(name)
    words = track.toolTip()
    found = re.search(r"up to ([\d,]+),", words)
    assert found
    most = int(found[1].replace(",", ""))
    usable = room.window.gpu_picker.table.gpu_named("RTX 4090").usable_bytes
    assert room.scenario.gpu in words
    assert total(room.scenario.evolve(**{field: most})) <= usable < total(room.scenario.evolve(**{field: most + 1}))
    assert words in track.accessibleDescription()


def total(scenario: Scenario) -> int:
    return estimate(scenario).total_bytes


def test_the_track_of_precisions_is_hatched_beyond_the_last_that_fits(room: Any) -> None:
    room.set(gpu="RTX 4070")
    room.settle()
    assert "RTX 4070 holds up to fp8" in room.track("precision").toolTip()
    room.set(gpu="RTX 4090")
    room.settle()
    assert "RTX 4090 holds up to bf16" in room.track("precision").toolTip()
    room.set(gpu="")
    room.settle()
    assert room.track("precision").toolTip() == ""


def test_where_nothing_fits_the_whole_track_says_so(room: Any) -> None:
    room.set(gpu="RTX 4070")
    room.settle()
    assert room.track("context").toolTip() == "Nothing on this track fits RTX 4070, all else equal."


def note(room: Any, name: str) -> str:
    room.settle()
    return room.text(f"{name}.note").replace("\u00a0", " ").replace("\u2212", "-")


def test_under_each_track_is_what_its_next_step_changes(room: Any) -> None:
    now = total(room.scenario)
    for name, changed in (
        ("batch", room.scenario.evolve(batch_size=2)),
        ("context", room.scenario.evolve(context_length=8192)),
    ):
        assert note(room, name) == f"twice as much: +{(total(changed) - now) / 2**30:.1f} GiB"
    # fp16 is as wide, and no step
    assert note(room, "precision") == f"int8 instead: {(total(room.scenario.evolve(weights='int8')) - now) / 2**30:.1f} GiB"
    assert note(room, "parameters").startswith("twice as much: +1")


def test_there_is_no_step_beyond_the_end(room: Any) -> None:
    room.set(batch_size=4096, weights="int4")
    assert note(room, "batch") == ""
    assert note(room, "precision") == ""
    room.set(task=Task.TRAINING, weights="bf16")  # which is fully trained in no narrower one
    assert note(room, "precision") == ""


def test_what_a_remedy_changed_is_seen_and_can_be_changed_back(room: Any) -> None:
    """The loss in chunks is a row among the folded ones, and in their line; layers on the host stand in the headline."""
    room.set(task=Task.TRAINING, method="lora", gradient_checkpointing=True, loss="fused-linear")
    assert room.find(QComboBox, "loss").currentText() == "in chunks (Liger, CCE)"
    with room.change():
        room.choose("loss", "plain")
    assert room.scenario.loss.value == "plain"
    room.set(task=Task.INFERENCE, runtime="llama.cpp", weights="q8_0", kv_cache="fp16", n_gpu_layers=9)
    assert "9 of 33 layers on the card" in room.text("assumptions")
    room.set(n_gpu_layers=100)
    assert "layers on the card" not in room.text("assumptions")


def test_an_engine_says_how_many_sequences_its_pool_holds(room: Any) -> None:
    room.set(runtime="vllm", context_length=2048)
    room.settle()
    text = room.text("verdict_limits")
    found = re.search(r"vLLM’s pool there: ([\d.]+).GiB, (\d+) sequences of 2,048 tokens at once", text)
    assert found, text
    room.set(runtime="transformers")
    room.settle()
    assert "pool" not in room.text("verdict_limits")


def test_several_of_the_card_are_offered_and_fit(room: Any) -> None:
    room.set(gpu="RTX 4070")
    place = offers(room).index("2 × RTX 4070")
    with room.change():
        press(room, place)
    assert room.scenario.parallel.world_size == 2
    assert "2 × RTX 4070" in room.verdict
    assert room.verdict.startswith("Fits")
