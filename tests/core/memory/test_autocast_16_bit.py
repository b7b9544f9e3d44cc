"""16-bit weights, all of them trained, under autocast: what LayerNorm, which autocast runs in fp32, then keeps.

Measured: storages tracked through transformers 5.24 on torch 2.13 (fake CUDA tensors), h = 256, i = 4h: what a layer keeps more than in a
plain 16-bit run, at 256 and 512 tokens.
"""

from dataclasses import replace
from typing import Any

import pytest

from core.catalogue.families import PIECES
from core.choices import meaningless
from core.memory import Architecture, Attention, MomentName, Reason, Recipe, Scenario, estimate, reconcile, refusal
from core.memory.numerics import numerics
from core.memory.saved import saved

SHAPE: dict[str, Any] = {
    "nominal_parameters": 10**7,
    "hidden_size": 256,
    "intermediate_size": 1024,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "vocab_size": 1000,
}


def run(family: str, layers: int = 3, *, autocast: bool = True, **changes: Any) -> Scenario:
    eager = family in ("GPTJ", "Bloom")
    own = {"num_key_value_heads": 1} if family == "Falcon" else {"num_key_value_heads": 2} if family == "Starcoder2" else {}
    own |= {"max_position_embeddings": 4096} if family in ("GPT2", "OPT") else {}
    own |= {"rotary_dim": 16} if family == "GPTNeoX" else {"rotary_dim": 32} if family == "GPTJ" else {}
    arch = Architecture(**SHAPE | dict(PIECES[family]) | own | {"num_hidden_layers": layers})
    scenario = Scenario(architecture=arch, attention=Attention.EAGER if eager else Attention.SDPA)
    return scenario.evolve(task="training", recipe=Recipe.PURE16, autocast=autocast, **changes)


def kept(scenario: Scenario) -> int:
    found = saved(scenario, numerics(scenario))
    return found.layers + found.outside


@pytest.mark.parametrize(
    ("family", "of_token", "constant"),
    [
        ("GPTNeoX", 1536, 4096),
        ("GPT2", 7168, 4096),
        ("OPT", 2048, 4096),
        ("Starcoder2", 2048, 4096),
        ("Falcon", 1024, 2048),
        ("GPTJ", 7168, 2048),
        ("Bloom", 1024, 4096),
    ],
)
def test_what_a_layer_keeps_more(family, of_token, constant):
    for tokens in (256, 512):
        more = [
            kept(run(family, 3, autocast=autocast, context_length=tokens)) - kept(run(family, 2, autocast=autocast, context_length=tokens))
            for autocast in (False, True)
        ]
        assert more[1] - more[0] == of_token * tokens + constant


def test_what_is_kept_once_more():
    """Of the last norm, in fp32 what it reads, its weight and its bias; of BLOOM's embeddings the same."""
    for family, norms in (("GPTNeoX", 1), ("Bloom", 2)):
        for tokens in (256, 512):
            plain, under = (
                saved(run(family, autocast=on, context_length=tokens), numerics(run(family, autocast=on))) for on in (False, True)
            )
            assert under.outside - plain.outside == norms * (2 * 256 * tokens + 8 * 256)


def test_other_norms_have_nothing_that_it_would_cast():
    llama = Architecture(**SHAPE | {"num_hidden_layers": 2})
    plain = Scenario(architecture=llama).evolve(task="training", recipe=Recipe.PURE16)
    assert estimate(plain).moments == estimate(plain.evolve(autocast=True)).moments
    assert meaningless(plain, "autocast") is not None
    assert meaningless(run("GPTNeoX"), "autocast") is None


def test_nothing_is_copied_but_what_norms_read():
    plain, under = (run("GPTNeoX", autocast=on, gradient_checkpointing=True) for on in (False, True))
    forward = [
        next(moment.stack for moment in estimate(scenario).moments if moment.name is MomentName.FORWARD) for scenario in (plain, under)
    ]
    assert forward[1].activations - forward[0].activations == 2 * 256 * 4096 + 8 * 256
    assert forward[1].weights == forward[0].weights


def test_experts_under_it_were_not_measured():
    scenario = run("GPTNeoX")
    experts = replace(scenario.architecture, num_experts=4, num_experts_per_tok=1, moe_intermediate_size=64)
    refused = refusal(scenario.evolve(architecture=experts))
    assert refused is not None
    assert refused.reason is Reason.WIDE_TRAINING_OF_PIECES
    assert not reconcile(scenario.evolve(architecture=experts)).autocast
