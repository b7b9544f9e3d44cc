"""gpt-oss, Phi-3.5-MoE and Llama 4 in fp32 and under autocast over fp32 weights.

Measured: storages tracked through transformers 5.24 on torch 2.13 (fake CUDA tensors). Bytes that a layer keeps: h = 256, 4 heads of 64,
2 of keys and values. Peaks: three layers (Llama 4: two), h = 512, 2 sequences, a vocabulary of 4,000, AdamW.
"""

from dataclasses import replace
from typing import Any

import pytest

from core.catalogue.families import PIECES
from core.memory import Architecture, Attention, Format, MomentName, Recipe, Scenario, estimate, refusal
from core.memory.numerics import numerics
from core.memory.saved import layer_kinds, layer_saved

SHAPE: dict[str, Any] = {
    "nominal_parameters": 10**7,
    "hidden_size": 256,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "vocab_size": 1000,
}


def run(family: str, recipe: str, *, experts: int = 8, chosen: int = 2, width: int = 512, **changes: Any) -> Scenario:
    own: dict[str, Any] = {"num_experts": experts, "num_experts_per_tok": chosen}
    own |= {"moe_intermediate_size": width, "intermediate_size": width}
    if family == "Llama4Text":
        own |= {"shared_expert_intermediate_size": width, "intermediate_size": 768}
    arch = Architecture(**SHAPE | dict(PIECES[family]) | own)
    attention = Attention.EAGER if family == "GptOss" else Attention.SDPA
    scenario = Scenario(architecture=arch, attention=attention, weights=Format.BF16 if recipe == Recipe.PURE16 else Format.FP32)
    return scenario.evolve(task="training", recipe=recipe, **changes)


@pytest.mark.parametrize(
    ("family", "recipe", "shape", "tokens", "measured"),
    [
        ("GptOss", "fp32", {}, 256, 12097568),
        ("GptOss", "fp32", {}, 512, 26292256),
        ("GptOss", "fp32", {"experts": 16}, 256, 12097600),
        ("GptOss", "fp32", {"chosen": 4}, 256, 20510752),
        ("GptOss", "fp32", {"width": 1024}, 256, 19437600),
        ("GptOss", "amp", {}, 256, 12492832),
        ("GptOss", "amp", {}, 512, 27734048),
        ("GptOss", "amp", {"experts": 16}, 256, 12496960),
        ("GptOss", "amp", {"chosen": 4}, 256, 20903968),
        ("GptOss", "amp", {"width": 1024}, 256, 19832864),
        ("Phimoe", "fp32", {}, 256, 8433696),
        ("Phimoe", "fp32", {}, 512, 18964512),
        ("Phimoe", "fp32", {"experts": 16}, 256, 8454208),
        ("Phimoe", "fp32", {"width": 1024}, 256, 12628000),
        ("Phimoe", "amp", {}, 256, 7131192),
        ("Phimoe", "amp", {}, 512, 13865016),
        ("Phimoe", "amp", {"experts": 16}, 256, 7155800),
        ("Phimoe", "amp", {"width": 1024}, 256, 11325496),
        ("Llama4Text", "fp32", {"chosen": 1}, 256, 27158528),
        ("Llama4Text", "fp32", {"chosen": 1}, 512, 56414208),
        ("Llama4Text", "fp32", {"chosen": 1, "experts": 16}, 256, 48146432),
        ("Llama4Text", "fp32", {"chosen": 2}, 256, 27160576),
        ("Llama4Text", "fp32", {"chosen": 1, "width": 1024}, 256, 46032896),
        ("Llama4Text", "amp", {"chosen": 1}, 256, 22706200),
        ("Llama4Text", "amp", {"chosen": 1}, 512, 37937176),
        ("Llama4Text", "amp", {"chosen": 1, "experts": 16}, 256, 40548376),
        ("Llama4Text", "amp", {"chosen": 2}, 256, 22708248),
        ("Llama4Text", "amp", {"chosen": 1, "width": 1024}, 256, 39221272),
    ],
)
def test_what_a_layer_keeps_to_the_byte(family, recipe, shape, tokens, measured):
    scenario = run(family, recipe, context_length=tokens, **shape)
    assert refusal(scenario) is None
    assert layer_saved(scenario, numerics(scenario), layer_kinds(scenario.architecture, tokens)[-1]) == measured


#: Bytes: what is loaded, and the peaks of the forward and backward pass and of the optimizer's step.
STEPS = [
    ("GptOss", "fp32", False, 512, (134621584, 407091720, 423459320, 673115088)),
    ("GptOss", "fp32", False, 1024, (134621584, 729893384, 762628600, 673123280)),
    ("GptOss", "fp32", True, 512, (134621584, 218773968, 324698648, 673115088)),
    ("GptOss", "fp32", True, 1024, (134621584, 328092112, 444584504, 673123280)),
    ("GptOss", "amp", False, 512, (134621584, 429085240, 435157496, 673115088)),
    ("GptOss", "amp", False, 1024, (134621584, 792560184, 804710904, 673123280)),
    ("GptOss", "amp", True, 512, (134621584, 216928768, 327592520, 673115088)),
    ("GptOss", "amp", True, 1024, (134621584, 313623040, 462109256, 673123280)),
    ("GptOss", "pure16", True, 512, (67310920, 117806432, 167668160, 336561768)),
    ("GptOss", "pure16", True, 1024, (67310920, 170399072, 235002304, 336569960)),
    ("Phimoe", "fp32", False, 512, (139180160, 353401080, 369768680, 695906944)),
    ("Phimoe", "fp32", True, 512, (139180160, 182995096, 315926312, 695906944)),
    ("Phimoe", "amp", False, 512, (139180160, 330652800, 336714032, 695906944)),
    ("Phimoe", "amp", True, 512, (139180160, 201092056, 303892288, 695906944)),
    ("Llama4Text", "fp32", False, 512, (104507648, 491018520, 519377160, 522545408)),
    ("Llama4Text", "fp32", True, 512, (104507648, 232642816, 389796104, 522545408)),
    ("Llama4Text", "amp", False, 512, (104507648, 400562504, 406640952, 522545408)),
    ("Llama4Text", "amp", True, 512, (104507648, 218732800, 318533920, 522545408)),
    ("Llama4Text", "pure16", True, 512, (52253952, 116393216, 194236704, 261276928)),
]
_MOMENTS = (MomentName.LOAD, MomentName.FORWARD, MomentName.BACKWARD, MomentName.OPTIMIZER_STEP)


@pytest.mark.parametrize(("family", "recipe", "checkpointing", "tokens", "measured"), STEPS)
def test_peaks_of_a_step(family, recipe, checkpointing, tokens, measured):
    scenario = run(family, recipe, width=768, chosen=1 if family == "Llama4Text" else 2, context_length=tokens, batch_size=2)
    scenario = scenario.evolve(gradient_checkpointing=checkpointing, first_step=True)
    arch, layers = scenario.architecture, 2 if family == "Llama4Text" else 3
    windows = {"sliding_window": 128, "num_sliding_layers": 1} if family == "GptOss" else {}  # for its second mask
    head_dim = 128 if family == "Phimoe" else 64
    arch = replace(arch, num_hidden_layers=layers, hidden_size=512, head_dim=head_dim, vocab_size=4000, **windows)
    found = {moment.name: moment.stack.readings.allocated_bytes for moment in estimate(scenario.evolve(architecture=arch)).moments}
    for name, peak in zip(_MOMENTS, measured, strict=True):
        # In 16 bits the mask that no layer uses is gone before the loss; autocast's copies of Llama 4's last matrices come after the peak.
        # Backward of Llama 4's experts is 2.3 % higher in fp32.
        close = 0.036 if family == "Llama4Text" else 0.025 if recipe == "pure16" else 0.01
        assert found[name] == pytest.approx(peak, rel=close), name
