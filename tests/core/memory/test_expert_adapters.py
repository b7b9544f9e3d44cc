"""Adapters on experts, against tracked storages of peft 0.21.2 and transformers 5.24 on torch 2.13 (fake CUDA tensors, grouped matrix
products): one step of models with few layers, in bytes.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.memory import Architecture, MomentName, Parallelism, Reason, Scenario, estimate, reconcile, refusal
from core.memory.architecture import Router
from core.memory.expert_adapters import made_anew_bytes
from core.memory.lora import adapter_parameters, adapter_values, factored_adapter_parameters
from core.memory.scenario import ALL_LINEAR, ATTENTION_LINEAR

#: Four layers of Qwen3-30B-A3B.
QWEN = Architecture(
    nominal_parameters=30 * 10**9,
    hidden_size=2048,
    intermediate_size=6144,
    moe_intermediate_size=768,
    num_hidden_layers=4,
    num_attention_heads=32,
    num_key_value_heads=4,
    head_dim=128,
    vocab_size=151_936,
    num_experts=128,
    num_experts_per_tok=8,
    qk_norm=True,
    router=Router.SOFTMAX_16_BIT,
    experts_adapted=True,
)
#: Three of Mixtral-8x7B.
MIXTRAL = Architecture(
    nominal_parameters=47 * 10**9,
    hidden_size=4096,
    intermediate_size=14_336,
    moe_intermediate_size=14_336,
    num_hidden_layers=3,
    num_attention_heads=32,
    num_key_value_heads=8,
    head_dim=128,
    vocab_size=32_000,
    num_experts=8,
    num_experts_per_tok=2,
    experts_adapted=True,
)
#: Four of DeepSeek-V3's build, small, the first with a plain MLP.
DEEPSEEK = Architecture(
    nominal_parameters=10**9,
    hidden_size=2048,
    intermediate_size=6144,
    moe_intermediate_size=1024,
    num_hidden_layers=4,
    num_attention_heads=16,
    num_key_value_heads=16,
    head_dim=192,
    vocab_size=32_000,
    num_experts=64,
    num_experts_per_tok=6,
    shared_expert_intermediate_size=1024,
    first_k_dense_replace=1,
    router=Router.SIGMOID,
    kv_lora_rank=512,
    q_lora_rank=768,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    experts_adapted=True,
)
EXPERTS = ("gate_proj", "up_proj", "down_proj")
#: Model, targets, tokens, checkpointing; trained values; load, forward, backward and optimizer step (AdamW, foreach; the first).
MEASURED: list[tuple[Architecture, tuple[str, ...], int, bool, int, int, int, int, int | None]] = [
    (QWEN, EXPERTS, 512, True, 81_788_928, 6_556_785_152, 7_885_897_216, 8_550_929_440, 7_865_412_096),
    (QWEN, ALL_LINEAR, 2048, True, 83_042_304, 6_561_798_656, 9_733_274_128, 10_347_198_984, 7_890_491_904),
    (MIXTRAL, EXPERTS, 1024, True, 32_243_712, 9_360_892_416, 12_344_214_080, 13_625_709_120, 9_876_800_000),
    (DEEPSEEK, ALL_LINEAR, 1024, False, 35_855_360, 3_026_791_040, 6_542_974_416, 6_604_307_912, 3_600_484_992),
    (DEEPSEEK, EXPERTS, 1024, True, 34_603_008, 3_021_781_632, 4_027_128_960, 4_389_424_024, 3_575_437_952),
    (QWEN, ("gate_proj", "up_proj"), 512, True, 58_720_256, 6_464_510_464, 7_379_435_008, 8_359_040_032, None),
    (QWEN, ("down_proj",), 512, True, 23_068_672, 6_321_904_128, 7_114_773_008, 7_288_443_936, None),
]


def lora(arch: Architecture, targets: tuple[str, ...] = ALL_LINEAR, **changes: Any) -> Scenario:
    return Scenario(architecture=arch).evolve(task="training", method="lora", lora_target_modules=targets, **changes)


@pytest.mark.parametrize(("arch", "targets", "tokens", "checkpointing", "trained", "load", "forward", "backward", "step"), MEASURED)
def test_measured(arch, targets, tokens, checkpointing, trained, load, forward, backward, step):
    run = lora(arch, targets, context_length=tokens, gradient_checkpointing=checkpointing, first_step=True)
    assert adapter_parameters(run) == trained
    found = {moment.name: moment.stack.readings.allocated_bytes for moment in estimate(run).moments}
    assert found[MomentName.LOAD] == pytest.approx(load, abs=1024)
    assert found[MomentName.FORWARD] == pytest.approx(forward, rel=2e-3)
    assert found[MomentName.BACKWARD] == pytest.approx(backward, rel=3e-3)
    if step is not None:
        assert found[MomentName.OPTIMIZER_STEP] == pytest.approx(step, rel=1e-5)


def test_every_expert_is_made_anew_chosen_or_not():
    """Of each layer a 16-bit copy of all its experts, and of A and B, is kept."""
    run = lora(MIXTRAL)
    experts = 3 * 8 * 14_336 * 4096
    factors = 8 * (2 * 16 * (4096 + 2 * 14_336) + 16 * (14_336 + 4096))
    assert made_anew_bytes(run, MIXTRAL) == 2 * (experts + factors + 8 * 4096)
    assert made_anew_bytes(run.evolve(lora_bits=16), MIXTRAL) == 2 * (experts + 8 * 4096)
    assert made_anew_bytes(run.evolve(lora_target_modules=ATTENTION_LINEAR), MIXTRAL) == 0
    assert made_anew_bytes(run.evolve(method="full"), MIXTRAL) == 0


def test_the_largest_and_the_factored():
    run = lora(QWEN, EXPERTS)
    assert adapter_values(run)[1] == 2 * 16 * 128 * 2048
    each = 2 * 2 * 16 * 128 + 2048 + 2 * 768 + 2 * 16 * 128 + 768 + 2048
    assert factored_adapter_parameters(run) == 4 * each


def test_what_is_shared_and_plain_mlps_have_none():
    assert adapter_parameters(lora(DEEPSEEK, EXPERTS)) == 3 * 64 * 16 * (2 * (2048 + 2 * 1024) + 1024 + 2048)


class TestRefused:
    @pytest.mark.parametrize(
        "changes",
        [
            {"lora_target_modules": ("q_proj", "gate_proj")},
            {"lora_target_modules": ("q_proj", "up_proj", "down_proj")},
            {"lora_target_modules": EXPERTS},
            {"lora_dropout": True},
            {"method": "qlora", "weights": "nf4"},
            {"attention": "eager"},
            {"parallel": Parallelism(data_parallel_size=2)},
        ],
    )
    def test_what_peft_does_not_take_or_was_not_measured(self, changes):
        run = lora(QWEN).evolve(**changes)
        refused = refusal(run)
        assert refused is not None
        assert refused.reason is Reason.ADAPTERS_ON_EXPERTS
        assert refusal(reconcile(run)) is None

    @pytest.mark.parametrize(
        "pieces",
        [
            {"router": Router.SPARSEMIXER},
            {"router": Router.EVERY_EXPERT},
            {"router": Router.SOFTMAX_CORRECTED},
            {"experts_ungated": True},
        ],
    )
    def test_experts_of_another_build(self, pieces):
        refused = refusal(lora(replace(QWEN, **pieces)))
        assert refused is not None
        assert refused.reason is Reason.ADAPTERS_ON_PIECES


@given(
    rank=st.integers(1, 256), tokens=st.integers(128, 8192), checkpointing=st.booleans(), arch=st.sampled_from([QWEN, MIXTRAL, DEEPSEEK])
)
def test_more_targets_ranks_and_tokens_never_take_less(rank, tokens, checkpointing, arch):
    run = lora(arch, lora_r=rank, context_length=tokens, gradient_checkpointing=checkpointing)
    total = estimate(run).total_bytes
    assert estimate(run.evolve(lora_target_modules=ATTENTION_LINEAR)).total_bytes < total
    assert total <= estimate(run.evolve(lora_r=rank + 1)).total_bytes
    assert total <= estimate(run.evolve(context_length=tokens + 1)).total_bytes
