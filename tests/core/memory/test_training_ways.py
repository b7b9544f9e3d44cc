"""Ways to train that change what is alive: losses, gradients, releases, kernels, what trainers do.

Measured: foundation-model-stack/fms-acceleration benchmarks, A100 80 GB, Mistral-7B, gradient checkpointing, rows of 4096 tokens;
torch's peak and nvidia-smi's reading in GiB.
"""

from dataclasses import asdict, replace

import pytest

from core.memory import Architecture, Component, MomentName, Scenario, estimate, parameter_count
from core.memory.components import Stack
from core.memory.edge import validated
from core.memory.units import GIB

MISTRAL_7B = Architecture(
    name="Mistral-7B-v0.1",
    nominal_parameters=7_000_000_000,
    hidden_size=4096,
    intermediate_size=14_336,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=8,
    head_dim=128,
    vocab_size=32_000,
)
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
LORA = {"method": "lora", "transformers_release": "before-4.50"}
QLORA = {"method": "qlora", "weights": "nf4-double", "transformers_release": "before-4.50"}
FUSED = {"loss": "fused", "fused_kernels": True}
LIGER = {"loss": "fused-linear", "fused_kernels": True, "transformers_release": "current"}


def run(**choices) -> Scenario:
    base = {"architecture": MISTRAL_7B, "task": "training", "context_length": 4096, "gradient_checkpointing": True}
    return validated(Scenario, **base | {"lora_target_modules": ATTENTION} | choices)


def at(scenario: Scenario, name: str) -> Stack:
    return next(moment.stack for moment in estimate(scenario).moments if moment.name == name)


@pytest.mark.parametrize(
    ("choices", "batch", "torch_gib", "process_gib"),
    [
        (LORA, 4, 24.87, 28.88),
        (LORA, 8, 36.08, 42.22),
        (LORA | FUSED, 4, 22.79, 28.38),
        (LORA | FUSED, 8, 31.93, 40.72),
        (LORA | LIGER, 8, 30.17, 32.15),
        (LORA | LIGER, 16, 46.68, 49.90),
        (QLORA, 4, 19.25, 25.44),
        (QLORA, 8, 34.46, 44.97),
        (QLORA | {"upcast_norms": False}, 4, 15.25, 19.44),
        (QLORA | {"upcast_norms": False}, 8, 26.46, 33.22),
        (QLORA | LIGER | {"upcast_norms": False}, 16, 36.52, 40.90),
        ({"method": "full", "recipe": "pure16"}, 4, 67.46, 75.44),
        ({"method": "full", "recipe": "pure16"} | LIGER, 16, 71.85, 77.19),
    ],
)
def test_measured_fine_tunes(choices, batch, torch_gib, process_gib):
    readings = estimate(run(batch_size=batch, **choices)).readings
    assert readings.allocated_bytes / GIB == pytest.approx(torch_gib, rel=0.05)
    assert readings.process_bytes / GIB == pytest.approx(process_gib, rel=0.10)


class TestLoss:
    @pytest.mark.parametrize(
        ("choices", "bytes_a_logit"),
        [
            ({}, 10),
            ({"transformers_release": "before-4.50"}, 14),
            ({"transformers_release": "before-4.45"}, 12),
            ({"loss": "fused"}, 6),
            ({"loss": "fused", "transformers_release": "before-4.50"}, 10),
            ({"loss": "fused", "transformers_release": "before-4.45"}, 8),
            ({"recipe": "fp32", "weights": "fp32"}, 8),
            ({"recipe": "fp32", "weights": "fp32", "loss": "fused"}, 4),
        ],
    )
    def test_in_the_forward_pass(self, choices, bytes_a_logit):
        scenario = run(batch_size=2, gradient_checkpointing=False, **{"recipe": "pure16"} | choices)
        assert at(scenario, "forward").logits == bytes_a_logit * 32_000 * 2 * 4096

    def test_fused_with_the_head_there_are_never_all_logits(self):
        fused = at(run(recipe="pure16", batch_size=8, loss="fused-linear"), "forward")
        assert fused.logits < 2 * 32_000 * 8 * 4096
        assert fused.logits >= 2 * 4096 * 8 * 4096  # the gradient of the hidden states

    def test_an_output_that_is_held_on_to_is_there_in_the_backward_pass(self):
        freed, kept = (run(batch_size=8, keep_outputs=keep, **LORA) for keep in (False, True))
        more = estimate(kept).readings.allocated_bytes - estimate(freed).readings.allocated_bytes
        assert more == 0  # the forward pass is the peak, with the older releases' copy
        freed, kept = (scenario.evolve(transformers_release="current") for scenario in (freed, kept))
        more = estimate(kept).readings.allocated_bytes - estimate(freed).readings.allocated_bytes
        assert more == 2 * 32_000 * 8 * 4096

    def test_an_output_that_is_held_on_to_was_fp32_once(self):
        """Before transformers 4.45; fused with the head there is none."""
        held = run(recipe="pure16", batch_size=8, keep_outputs=True)
        for release, width in (("before-4.45", 4), ("current", 2)):
            backward = [at(held.evolve(transformers_release=release, keep_outputs=keep), "backward").logits for keep in (True, False)]
            assert backward[0] - backward[1] == width * 32_000 * 8 * 4096
        fused = held.evolve(loss="fused-linear")
        assert estimate(fused).moments == estimate(fused.evolve(keep_outputs=False)).moments


class TestGradients:
    def test_accumulated_they_are_there_before_the_backward_pass(self):
        scenario = run(recipe="pure16", gradients="accumulated")
        everything = 2 * parameter_count(MISTRAL_7B)
        assert at(scenario, "forward").gradients == everything
        assert at(scenario, "backward").gradients == everything
        assert at(scenario, "between_steps").gradients == 0
        assert at(run(recipe="pure16"), "forward").gradients == 0

    def test_accumulating_never_takes_less(self):
        for choices in ({"recipe": "pure16"}, {"recipe": "mixed"}, {"method": "lora"}, {"recipe": "pure16", "batch_size": 16}):
            assert estimate(run(gradients="accumulated", **choices)).total_bytes >= estimate(run(**choices)).total_bytes

    def test_stepping_in_the_backward_pass_leaves_only_the_largest(self):
        scenario = run(recipe="pure16", gradients="in-backward")
        assert at(scenario, "optimizer_step").gradients == 2 * 32_000 * 4096
        assert estimate(scenario).total_bytes < estimate(run(recipe="pure16")).total_bytes - 2 * parameter_count(MISTRAL_7B)
        lora = run(method="lora", gradients="in-backward")
        assert estimate(lora).total_bytes <= estimate(run(method="lora")).total_bytes


class TestOptimizers:
    def test_paged_states_are_not_on_the_card(self):
        paged, eight_bit = (at(run(recipe="pure16", optimizer=name), "between_steps") for name in ("paged-adamw8bit", "adamw8bit"))
        assert paged.optimizer == 0
        assert eight_bit.optimizer > 2 * parameter_count(MISTRAL_7B)

    def test_adafactor_keeps_rows_and_columns(self):
        states = at(run(recipe="pure16", optimizer="adafactor"), "between_steps").optimizer
        assert 0 < states < parameter_count(MISTRAL_7B) // 100
        lora = at(run(method="lora", optimizer="adafactor"), "between_steps").optimizer
        assert 0 < lora < at(run(method="lora", optimizer="adamw"), "between_steps").optimizer

    def test_adafactor_of_experts_and_learned_positions(self, llama_7b):
        experts = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 1024, "shared_expert_intermediate_size": 512}
        mixture = validated(Architecture, **asdict(llama_7b) | experts | {"first_k_dense_replace": 1})
        states = at(run(architecture=mixture, recipe="pure16", optimizer="adafactor"), "between_steps").optimizer
        plain = at(run(architecture=llama_7b, recipe="pure16", optimizer="adafactor"), "between_steps").optimizer
        per_layer = 8 * (3 * 1024 + 2 * 4096) + 3 * (512 + 4096) + 8 + 4096 - 3 * (4096 + 11_008)
        assert states - plain == 4 * 31 * per_layer
        learned = validated(Architecture, **asdict(llama_7b) | {"position": "learned", "max_position_embeddings": 1000})
        assert at(run(architecture=learned, recipe="pure16", optimizer="adafactor"), "between_steps").optimizer - plain == 4 * (1000 + 4096)


class TestAdapters:
    def test_trained_tables_cost_ten_bytes_a_value(self):
        """A copy, its gradient, two moments, and the second moment's copy in the step, 16-bit all."""
        plain, tables = (at(run(method="lora", train_embeddings=trained), "optimizer_step") for trained in (False, True))
        values = 2 * 32_000 * 4096
        assert tables.weights - plain.weights == 2 * values
        assert tables.gradients - plain.gradients == 2 * values
        assert tables.optimizer - plain.optimizer == 4 * values
        assert tables.workspace - plain.workspace == 2 * values

    def test_layers_that_keep_their_inputs_keep_those_of_attention_and_mlp(self):
        plain, keeping = (
            at(run(gradient_checkpointing=False, keep_linear_inputs=keep, first_step=True, **QLORA), "forward").activations
            for keep in (False, True)
        )
        assert keeping - plain == 32 * 4096 * 2 * (2 * 4096 + 14_336)

    def test_kernels_that_keep_their_input_keep_no_wide_copy(self):
        for choices in (LORA, {"recipe": "pure16"}, QLORA | {"upcast_norms": False}):
            plain, fused = (
                at(run(gradient_checkpointing=False, fused_kernels=on, **choices), "forward").activations for on in (False, True)
            )
            assert fused < plain

    def test_activation_and_product_in_one_kernel_keep_a_tensor_less(self):
        plain, fused = (at(run(gradient_checkpointing=False, fused_mlp=on, recipe="pure16"), "forward").activations for on in (False, True))
        assert plain - fused == 32 * 4096 * 2 * 14_336

    def test_a_fused_activation_keeps_its_input_and_its_output(self):
        written_out = replace(MISTRAL_7B, activation="gelu_written_out", norm="layer")
        plain, fused = (
            at(run(architecture=written_out, gradient_checkpointing=False, fused_mlp=on, recipe="pure16"), "forward").activations
            for on in (False, True)
        )
        assert plain - fused == 32 * 4096 * (5 - 2) * 2 * 14_336


def test_batches_of_varying_length_reserve_more():
    for choices in (LORA, {"recipe": "pure16", "batch_size": 8}):
        steady, varying = (at(run(varying_lengths=vary, **choices), MomentName.BACKWARD) for vary in (False, True))
        assert varying.reserve > steady.reserve
        assert varying._replace(reserve=0) == steady._replace(reserve=0)


def test_readings_are_the_largest_of_the_whole_run():
    """Adam's step reserves most here, the backward pass allocates most."""
    found = estimate(run(recipe="pure16", batch_size=16, **LIGER))
    by_moment = {moment.name: moment.stack.readings for moment in found.moments}
    assert found.readings.allocated_bytes == max(each.allocated_bytes for each in by_moment.values())
    assert found.readings.process_bytes == found.total_bytes == sum(getattr(found.peak.stack, part.value) for part in Component)


class TestOlderSoftware:
    def test_a_loss_in_the_width_of_the_logits(self):
        """Qwen-7B over GPTQ's weights under DeepSpeed: 7.3 bytes a token and vocabulary entry from 4096 to 8192 tokens, reserve and
        activations included (15.74 and 21.89 GiB, Qwen's README); a plain loss would take twice as much.
        """
        wordy = {"architecture": replace(MISTRAL_7B, vocab_size=256_000), "method": "lora", "batch_size": 8}
        logits = 256_000 * 8 * 4096
        narrow, plain = (run(loss=loss, **wordy) for loss in ("narrow", "plain"))
        assert at(narrow, "backward").logits == 6 * logits == at(plain, "backward").logits // 2
        assert at(narrow, "forward").logits == 6 * logits  # a copy to shift them
        assert at(narrow.evolve(batch_size=1), "forward").logits == 4 * logits // 8  # which one sequence needs not
        assert at(narrow.evolve(weights="fp32"), "backward").logits == 12 * logits

    def test_torch_2_0_copied_the_second_moments_twice(self):
        step = {name: at(run(recipe="pure16", optimizer_implementation=name), "optimizer_step").workspace for name in _FORMS}
        assert step["foreach-before-2.1"] == 2 * step["foreach"]

    def test_inputs_of_4_bit_layers_were_held_into_the_next_forward_pass(self):
        """litgpt, bitsandbytes 0.42, TinyLlama, 8 x 512 tokens: 15.12 GiB, of which they are 2.9."""
        choices = QLORA | {"keep_linear_inputs": True, "gradient_checkpointing": False, "batch_size": 1, "context_length": 512}
        first, steady = (at(run(first_step=first, **choices), "forward").activations for first in (True, False))
        assert steady - first == 32 * 512 * 2 * (2 * 4096 + 4096 + 14_336)
        back = [at(run(first_step=first, **choices), "backward").activations for first in (True, False)]
        assert back[0] == back[1]
        checkpointed = [
            at(run(first_step=first, **choices | {"gradient_checkpointing": True}), "forward").activations for first in (True, False)
        ]
        assert checkpointed[0] == checkpointed[1]


_FORMS = ("foreach", "foreach-before-2.1")
