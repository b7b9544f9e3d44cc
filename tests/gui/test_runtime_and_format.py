"""The folded panel's runtime and weight format: what is offered follows the run, and the slider keeps telling the precision."""

from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QToolButton

from core.catalogue.models import find_model, load_models
from core.memory import Format, Runtime, Task
from core.memory.formats import plain
from core.memory.serving import kv_pool_bytes
from gui import assets


def offered(room: Any, name: str) -> list[str]:
    box = room.find(QComboBox, name)
    return [box.itemText(row) for row in range(box.count())]


def pick(room: Any, name: str, text: str) -> None:
    with room.change():
        room.find(QComboBox, name).setCurrentIndex(offered(room, name).index(text))


@pytest.fixture
def opened(room: Any) -> Any:
    room.window.controls.folded.button.setChecked(True)
    return room


def test_every_runtime_can_be_picked_and_is_said(opened: Any) -> None:
    assert len(offered(opened, "runtime")) == len(Runtime)
    for runtime in ("vLLM", "SGLang", "llama.cpp", "transformers"):
        pick(opened, "runtime", runtime)
        assert opened.text("peak_moment").endswith(runtime)
        assert ("SDPA" in opened.text("assumptions")) == (runtime == "transformers")
    assert opened.scenario.runtime is Runtime.TRANSFORMERS


def test_another_runtime_has_the_same_precision_in_a_format_of_its_own(opened: Any) -> None:
    opened.set(weights=Format.INT4)
    pick(opened, "runtime", "llama.cpp")
    assert opened.scenario.weights is Format.Q4_K_M
    assert opened.find(QComboBox, "precision.box").currentText() == "int4"
    assert {"q4_k_m", "q4_k_s", "q4_0", "iq4_xs"} <= set(offered(opened, "weights"))
    pick(opened, "weights", "iq4_xs")
    assert opened.scenario.weights is Format.IQ4_XS
    pick(opened, "runtime", "vLLM")
    assert opened.scenario.weights is Format.INT4


def test_the_slider_picks_what_the_runtime_loads(opened: Any) -> None:
    pick(opened, "runtime", "llama.cpp")
    pick(opened, "precision.box", "int8")
    assert opened.scenario.weights is Format.Q8_0
    assert opened.find(QComboBox, "precision.box").currentText() == "int8"


def test_formats_of_one_precision_and_what_they_cost(opened: Any) -> None:
    box, note = opened.find(QComboBox, "weights"), opened.find(QLabel, "format_note")
    assert not box.isVisible()
    assert not note.isVisible()
    opened.set(weights=Format.INT4)
    assert box.isVisible()
    assert note.text().startswith("4 bits: a small loss")
    assert all(plain(Format(name)) is Format.INT4 for name in offered(opened, "weights"))
    pick(opened, "weights", "nf4")
    assert opened.scenario.weights is Format.NF4
    opened.set(weights=Format.INT8)
    assert "hardly measurable" in note.text()


def test_training_has_no_runtime_to_pick_and_only_bases_that_it_takes(opened: Any) -> None:
    opened.set(task=Task.TRAINING, method="qlora", weights=Format.NF4)
    assert not opened.find(QComboBox, "runtime").isVisible()
    assert {"int4", "nf4", "nf4-double", "gptq-int4"} <= set(offered(opened, "weights"))
    assert "mxfp4" not in offered(opened, "weights")


def test_a_shared_prefix_is_asked_of_engines_alone(room: Any) -> None:
    room.find(QToolButton, "more").click()
    box = room.find(QLineEdit, "shared_prefix_length.box")
    assert not box.isVisible()
    room.set(runtime="vllm", batch_size=8)
    assert box.isVisible()
    before = room.estimate.total_bytes
    with room.change():
        room.enter("shared_prefix_length", "2k")
    assert room.scenario.shared_prefix_length == 2048
    assert room.estimate.total_bytes == before - 7 * 2048 * 512 * 1024  # 512 KiB a token of Llama-2-7B
    room.set(runtime="llama.cpp", weights="q8_0", kv_cache="fp16")
    assert not box.isVisible()


def test_drafted_tokens_are_asked_of_engines_and_models_with_heads_alone(room: Any, models: Any) -> None:
    room.find(QToolButton, "more").click()
    box = room.find(QLineEdit, "speculative_tokens.box")
    (glm,) = [model.architecture for model in models if model.short_name == "GLM-4.5-Air"]
    room.set(runtime="vllm")
    assert not box.isVisible()
    room.set(architecture=glm)
    assert box.isVisible()
    before = room.estimate
    with room.change():
        room.enter("speculative_tokens", "2")
    assert room.scenario.speculative_tokens == 2
    assert room.estimate.moments[0].stack.weights > before.moments[0].stack.weights
    room.find(QToolButton, "more").click()
    assert room.text("more_summary").endswith("2 drafted tokens")
    room.find(QToolButton, "more").click()
    room.set(runtime="transformers")
    assert not box.isVisible()


def test_heads_are_trained_by_megatron_alone(room: Any, models: Any) -> None:
    (glm,) = [model.architecture for model in models if model.short_name == "GLM-4.5-Air"]
    box = room.find(QLineEdit, "mtp_num_layers.box")
    room.set(architecture=glm, task=Task.TRAINING)
    assert not box.isVisible()
    room.set(data_parallel_size=8, sharding="megatron")
    assert box.isVisible()
    before = room.estimate.total_bytes
    with room.change():
        room.enter("mtp_num_layers", "1")
    assert room.estimate.total_bytes > before
    room.set(sharding="fsdp2")
    assert not box.isVisible()


def test_the_rest_of_an_engines_pool_is_drawn(room: Any) -> None:
    room.set(runtime="vllm", batch_size=1)
    shown = room.window.chart._overlay._shown
    usable = room.window.gpu_picker.table.gpu_named("RTX 4090").usable_bytes
    rest = kv_pool_bytes(room.scenario, usable, 0.9) - room.estimate.peak.stack.kv_cache
    assert shown.pool_end == pytest.approx((room.estimate.total_bytes + rest) / 2**30)
    assert shown.pool_labels[0].startswith("rest of the pool")
    assert not room.window.chart.grab().isNull()
    room.set(batch_size=64)
    assert room.window.chart._overlay._shown.pool_end is None
    room.set(runtime="transformers", batch_size=1)
    assert room.window.chart._overlay._shown.pool_end is None


def test_llama_cpp_leaves_layers_and_experts_with_the_host(opened: Any) -> None:
    room = opened
    mixtral = find_model(load_models(assets.MODELS), "Mixtral-8x7B-v0.1")
    room.set(runtime="llama.cpp", weights="q4_k_m", architecture=mixtral.architecture)
    whole = room.estimate.total_bytes
    with room.change():
        room.enter("n_cpu_moe", "20")
    assert room.estimate.total_bytes < whole / 2
    assert room.estimate.host_bytes.weights > whole / 3
    with room.change():
        room.enter("n_gpu_layers", "10")
    assert "10 of 33 layers" in room.text("assumptions")
    room.set(runtime="vllm", weights="bf16")
    assert room.find(QLineEdit, "n_gpu_layers.box").isHidden()


def test_a_count_of_layers_that_is_none_is_refused(opened: Any) -> None:
    opened.set(runtime="llama.cpp", weights="q4_k_m")
    before = opened.scenario
    opened.enter("n_gpu_layers", "frogs")
    assert opened.text("n_gpu_layers.message")
    assert opened.scenario is before
