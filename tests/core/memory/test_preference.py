"""Preference methods: what TRL's own losses took, run with every storage tracked (Llama's code, torch 2.13 on a CPU; MB). Runs whose peak
is where a CPU takes the gradient of SiLU apart, as it does in any training, are left out.
"""

from dataclasses import replace

import pytest

from core.memory import Architecture, Component, MomentName, Reason, RefusedError, Scenario, estimate, parameter_count, refusal
from core.memory.components import Cause, Stack
from core.memory.edge import validated
from core.memory.explain import explain
from core.memory.scenario import Loss, Objective


def llama(vocab: int, hidden: int, layers: int, intermediate: int) -> Architecture:
    """Two heads, each with its own keys and values."""
    return validated(
        Architecture,
        name="tracked",
        nominal_parameters=1,
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=hidden // 2,
        vocab_size=vocab,
    )


WIDE, DEEP = llama(20_000, 64, 2, 128), llama(500, 512, 4, 1024)


def run(objective: str, arch: Architecture = WIDE, **choices) -> Scenario:
    wide = choices.get("recipe", "pure16") != "pure16"
    base = {"architecture": arch, "task": "training", "recipe": "pure16", "weights": "fp32" if wide else "bf16", "context_length": 256}
    return validated(Scenario, **base | {"objective": objective, "first_step": True} | choices)


def at(scenario: Scenario, name: str) -> Stack:
    return next(moment.stack for moment in estimate(scenario).moments if moment.name == name)


@pytest.mark.parametrize(
    ("scenario", "forward_mb", "backward_mb"),
    [
        (run("dpo", batch_size=8), 932.9, 361.0),
        (run("dpo", batch_size=8, precomputed_reference=True), 600.6, 355.7),
        (run("dpo", batch_size=8, recipe="amp"), 954.7, 380.0),
        (run("dpo", batch_size=8, recipe="fp32"), 1533.8, 1368.0),
        (run("dpo", batch_size=8, gradient_checkpointing=True), 912.8, 340.9),
        (run("dpo", batch_size=1), 136.1, 54.4),
        (run("dpo", batch_size=1, precomputed_reference=True), 84.9, 49.1),
        (run("kto", batch_size=8), 350.7, 185.8),
        (run("kto", batch_size=8, recipe="fp32"), 699.3, 695.3),
        (run("kto", batch_size=8, precomputed_reference=True), 262.5, 180.5),
        (run("kto", batch_size=8, recipe="amp"), 370.2, 202.0),
        (run("orpo", batch_size=8), 437.5, 520.2),
        (run("orpo", batch_size=8, recipe="amp"), 614.4, 695.9),
        (run("orpo", batch_size=8, recipe="fp32"), 706.0, 1522.0),
        (run("orpo", batch_size=1, recipe="amp"), 78.3, 98.7),
        (run("orpo", batch_size=1, recipe="fp32"), 77.2, 199.6),
        (run("simpo", batch_size=8), 355.9, 355.7),
        (run("simpo", batch_size=8, recipe="fp32"), 379.7, 1358.7),
        (run("dpo", DEEP, batch_size=2, recipe="fp32"), 271.5, 254.1),
        (run("dpo", DEEP, batch_size=2, gradient_checkpointing=True), 66.5, 88.9),
        (run("orpo", DEEP, batch_size=2, recipe="fp32"), 206.0, 211.1),
        (run("kto", DEEP, batch_size=2, recipe="fp32"), 188.7, 172.5),
    ],
)
def test_tracked_losses(scenario, forward_mb, backward_mb):
    assert at(scenario, "forward").readings.allocated_bytes / 1e6 == pytest.approx(forward_mb, rel=0.006)
    assert at(scenario, "backward").readings.allocated_bytes / 1e6 == pytest.approx(backward_mb, rel=0.006)


class TestReference:
    def test_full_training_holds_the_model_once_more(self):
        model = 2 * parameter_count(DEEP)
        plain, dpo = (at(run(objective, DEEP), "load").weights for objective in ("next-token", "dpo"))
        assert dpo - plain == pytest.approx(model, rel=1e-4)
        assert at(run("kto", DEEP), "load").weights == dpo
        for without in (run("orpo", DEEP), run("simpo", DEEP), run("dpo", DEEP, precomputed_reference=True)):
            assert at(without, "load").weights == plain

    def test_adapters_switched_off_leave_it(self):
        lora, dpo = (run(objective, DEEP, method="lora") for objective in ("next-token", "dpo"))
        assert at(dpo, "load").weights == at(lora, "load").weights
        assert estimate(dpo).total_bytes > estimate(lora).total_bytes

    def test_it_reads_while_the_policy_is_alive(self):
        """A model of wide layers and few words: not the loss is the largest instant of the forward pass, but the reference's layers."""
        forward = estimate(run("dpo", llama(64, 512, 2, 4096), gradient_checkpointing=True)).moments[1]
        assert (forward.name, forward.cause) == (MomentName.FORWARD, Cause.REFERENCE)

    def test_experts(self):
        experts = replace(DEEP, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=1024)
        scenario = run("dpo", experts, gradient_checkpointing=True)
        assert estimate(scenario).total_bytes > estimate(scenario.evolve(precomputed_reference=True)).total_bytes


class TestBatch:
    def test_a_pair_is_two_sequences(self):
        pairs, sequences = (at(run(objective, batch_size=size), "backward") for objective, size in (("simpo", 2), ("next-token", 4)))
        assert pairs.activations == sequences.activations
        assert pairs.inputs == sequences.inputs

    def test_kto_counts_answers(self):
        assert at(run("kto", batch_size=4), "backward").activations == at(run("next-token", batch_size=4), "backward").activations


class TestFusedHead:
    @pytest.mark.parametrize("objective", ["dpo", "kto"])
    def test_there_are_never_all_logits(self, objective):
        vocab, tokens = 128_256, 8 * 2048
        big = llama(vocab, 256, 2, 512)
        fused, plain = (run(objective, big, batch_size=8, context_length=2048, loss=loss) for loss in ("fused-linear", "plain"))
        assert at(fused, "forward").logits < 2 * vocab * tokens <= at(plain, "forward").logits
        assert at(fused, "backward").logits < 2 * vocab * tokens

    def test_adapters_need_no_gradient_of_the_head(self):
        full, lora = (at(run("dpo", loss="fused-linear", method=method), "backward").logits for method in ("full", "lora"))
        assert full - lora == 4 * 20_000 * 64

    @pytest.mark.parametrize(
        ("objective", "loss"), [("orpo", "fused-linear"), ("simpo", "fused-linear"), ("dpo", "fused"), ("kto", "fused")]
    )
    def test_what_trl_does_not_have_is_refused(self, objective, loss):
        with pytest.raises(RefusedError) as refused:
            estimate(run(objective, loss=loss))
        assert refused.value.refusal.reason is Reason.LOSS_OF_PREFERENCE
        assert estimate(run(objective, loss=loss).evolve(**refused.value.refusal.alternatives[0])).total_bytes > 0

    def test_a_model_in_parts_is_not_modelled(self):
        spread = run("dpo").evolve(pipeline_parallel_size=2)
        with pytest.raises(RefusedError) as refused:
            estimate(spread)
        assert refused.value.refusal.reason is Reason.SEVERAL_GPUS

    def test_inference_asks_for_no_loss(self):
        scenario = run("orpo", loss="fused-linear").evolve(task="inference")
        assert scenario.loss is Loss.FUSED_LINEAR
        assert estimate(scenario) == estimate(scenario.evolve(objective="next-token", loss="plain"))


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("method", ["full", "lora"])
def test_every_component_says_its_formula(objective, loss, method):
    scenario = run(objective, DEEP, method=method, loss=loss, batch_size=2)
    if refusal(scenario) is not None:
        return
    explained = explain(scenario)
    for moment in estimate(scenario).moments:
        found = {part: each.value_bytes for part, each in explained[moment.name].items()}
        assert found == {part: size for part, size in zip(Component, moment.stack, strict=True) if size}
        logits = explained[moment.name].get(Component.LOGITS)
        assert logits is None or ("TRL" in logits.source) == (objective is not Objective.NEXT_TOKEN)


@pytest.mark.parametrize(("objective", "forward", "backward"), [("dpo", 16, 12), ("kto", 16, 12), ("orpo", 12, 16), ("simpo", 8, 12)])
def test_trainers_of_the_time_of_fp32_logits(objective, forward, backward):
    """Before transformers 4.45 a log-softmax of all logits, 4 bytes each, beside them (TRL before 0.12, ColossalChat's dpo.py, orpo.py):
    4 + 4 kept or alive forward, the reference's 8 more, 4 + 8 backward; ORPO's cross-entropy keeps 4 more.
    """
    old = run(objective, batch_size=8, transformers_release="before-4.45")
    logits = WIDE.vocab_size * 256 * (8 if objective == "kto" else 16)
    assert at(old, "forward").logits == forward * logits
    assert at(old, "backward").logits == backward * logits
    assert at(old.evolve(keep_outputs=True), "backward").logits == (backward + 4) * logits
