"""Training on many GPUs: what frameworks publish as formulas, and what was measured."""

import itertools
from dataclasses import replace

import pytest
from any_scenario import SHAPE
from spread_runs import BUFFERS, FULL, LLAMA_2_70B, MISTRAL_7B, MOE, P, stacks, stacks_of_first, state

from core.memory import (
    Architecture,
    MomentName,
    Scenario,
    estimate,
)
from core.memory.units import GIB


class TestPublishedFormulas:
    """What frameworks' own documents say of weights, gradients and optimizer; bytes a parameter."""

    @pytest.mark.parametrize("n", [2, 8, 64])
    @pytest.mark.parametrize(
        ("sharding", "fixed", "divided"),
        [("none", 16, 0), ("zero1", 4, 12), ("zero2", 2, 14), ("zero3", 0, 16), ("fsdp", 0, 16), ("fsdp2", 0, 16)],
    )
    def test_zero(self, sharding, fixed, divided, n):
        """Rajbhandari et al.: 16P; 4P + 12P/N; 2P + 14P/N; 16P/N."""
        step = stacks(FULL.evolve(data_parallel_size=n, sharding=sharding))[MomentName.OPTIMIZER_STEP]
        assert state(step) - BUFFERS == pytest.approx(fixed * P + divided * P / n, abs=16)

    @pytest.mark.parametrize("d", [1, 2, 16])
    @pytest.mark.parametrize(("fp32_gradients", "fixed"), [(True, 6), (False, 4)])
    def test_megatron_distributed_optimizer(self, d, fp32_gradients, fixed):
        """dist_optimizer.md: 6 + 12/d with bf16 weights and fp32 gradients, from the first moment on: its buffer of gradients stays."""
        run = FULL.evolve(data_parallel_size=d, sharding="megatron", fp32_gradients=fp32_gradients)
        for name in (MomentName.FORWARD, MomentName.OPTIMIZER_STEP, MomentName.BETWEEN_STEPS):
            assert state(stacks(run)[name]) - BUFFERS == pytest.approx(fixed * P + 12 * P / d, abs=16)

    def test_deepspeed_offload(self):
        """memory.rst: with the optimizer on the CPU 2P are left on the GPU by ZeRO-2 and nothing by ZeRO-3; on the CPU 16 bytes a parameter
        times a factor that it calls a buffer.
        """
        zero2 = estimate(FULL.evolve(data_parallel_size=8, sharding="zero2", offload_optimizer="cpu"))
        assert state(zero2.moments[-1].stack) - BUFFERS == 2 * P
        assert zero2.host_bytes.total_bytes == pytest.approx(16 * P, abs=128)
        zero3 = estimate(FULL.evolve(data_parallel_size=8, sharding="zero3", offload_optimizer="cpu", offload_parameters="cpu"))
        assert state(zero3.moments[-1].stack) == 0
        assert zero3.host_bytes.total_bytes == pytest.approx(18 * P, abs=8 * BUFFERS)

    @pytest.mark.parametrize("n", [2, 8])
    def test_deepspeed_estimators(self, n):
        """estimate_zero2_model_states_mem_needs: 4P + 16P/N, which is ZeRO-1's step here: 16-bit gradients whole, a fp32 copy of a part.
        ZeRO-2 divides them too. estimate_zero3_model_states_mem_needs: 18P/N with fp32 gradients, and 4 bytes a parameter of the largest
        layer, where here live parameters, prefetched ones and the reduce bucket are counted as they are configured.
        """
        step = stacks(FULL.evolve(data_parallel_size=n, sharding="zero1"))[MomentName.OPTIMIZER_STEP]
        assert state(step) + step.workspace - BUFFERS == pytest.approx(4 * P + 16 * P / n, abs=32)
        divided = stacks(FULL.evolve(data_parallel_size=n, sharding="zero2"))[MomentName.OPTIMIZER_STEP]
        assert state(step) - state(divided) == pytest.approx(2 * P - 2 * P / n, abs=8)
        zero3 = stacks(FULL.evolve(data_parallel_size=n, sharding="zero3", fp32_gradients=True))[MomentName.OPTIMIZER_STEP]
        assert state(zero3) - BUFFERS == pytest.approx(18 * P / n, abs=32)

    @pytest.mark.parametrize(("t", "p", "d"), [(1, 1, 8), (2, 4, 2), (8, 2, 4)])
    def test_megatron_theoretical_weights_and_optimizer(self, t, p, d):
        """theoretical_memory_usage.py: the most loaded GPU has (layers / p + embedding) / t parameters, of 6 + 12/d bytes. Norms, which it
        divides too, are whole on every GPU; so is the head where there is no pipeline.
        """
        run = FULL.evolve(
            sharding="megatron",
            fp32_gradients=True,
            tensor_parallel_size=t,
            pipeline_parallel_size=p,
            data_parallel_size=d,
            num_microbatches=8,
        )
        tables = 32000 * 4096 * (2 if p == 1 else 1)
        theirs = ((P - 2 * 32000 * 4096) / p + tables) / t * (6 + 12 / d)
        ours = max(state(device.moments[-1].stack) for device in estimate(run).devices)
        assert ours == pytest.approx(theirs, rel=0.001)

    @pytest.mark.parametrize("widening", [2, 4])
    def test_megatron_theoretical_activations(self, widening):
        """theoretical_memory_usage.py: s*b*h*(18 + 4 f/h) a layer of a GPT with dropout, times p micro-batches on the first of p stages."""
        gpt = Architecture(
            **SHAPE
            | {"norm": "layer", "activation": "gelu", "linear_bias": True, "position": "learned", "max_position_embeddings": 2048}
            | {"intermediate_size": widening * 4096, "dropout": True}
        )
        run = Scenario(architecture=gpt).evolve(
            task="training", recipe="mixed", context_length=2048, pipeline_parallel_size=4, num_microbatches=8
        )
        ours = stacks_of_first(run).activations
        assert ours == pytest.approx(4 * 8 * 2048 * 4096 * (18 + 4 * widening), rel=0.02)

    def test_experts_are_divided_among_fewer(self):
        """Megatron-Bridge, Qwen3-30B-A3B on 16 H100, TP2 PP2 EP4, experts whole: 6 + 12/2 bytes of an expert's parameter, 6 + 12/4 of
        the others: 46.95 of the 47.2 GB it states; offloading the states all saves the 15.3 GB it states.
        """
        run = Scenario(architecture=MOE).evolve(
            task="training",
            recipe="mixed",
            sharding="megatron",
            fp32_gradients=True,
            data_parallel_size=4,
            tensor_parallel_size=2,
            pipeline_parallel_size=2,
            expert_parallel_size=4,
            expert_tensor_parallel_size=1,
            num_microbatches=8,
        )
        found = estimate(run)
        assert [device.alike for device in found.devices] == [8, 8]
        held = max(state(device.moments[-1].stack) for device in found.devices)
        assert held / 1e9 == pytest.approx(46.95, rel=0.01)
        offloaded = estimate(run.evolve(offload_optimizer="cpu"))
        saved = held - max(state(device.moments[-1].stack) for device in offloaded.devices)
        assert saved / 1e9 == pytest.approx(15.3, rel=0.01)
        quarter = estimate(run.evolve(offload_optimizer="cpu", offload_optimizer_percent=25))
        assert held - max(state(device.moments[-1].stack) for device in quarter.devices) == pytest.approx(saved / 4, rel=1e-6)

    def test_activations_of_a_gpt_layer(self):
        """Korthikanti et al.: sbh(10 + 24/t) by tensor parallelism alone, 34sbh/t with sequence parallelism, without dropout's masks: the
        norms' inputs and outputs 8, attention 8 and more for its statistics, the MLP 16.
        """
        gpt = Architecture(
            **SHAPE
            | {
                "norm": "layer",
                "activation": "gelu",
                "linear_bias": True,
                "fused_qkv": True,
                "intermediate_size": 4 * 4096,
                "position": "learned",
            }
            | {"max_position_embeddings": 2048}
        )
        run = Scenario(architecture=gpt).evolve(task="training", recipe="mixed", context_length=2048, data_parallel_size=1)
        sbh, layers = 2048 * 4096, 32
        for t in (2, 4, 8):
            at_loss = stacks(run.evolve(tensor_parallel_size=t))[MomentName.FORWARD].activations / layers / sbh
            assert at_loss == pytest.approx(8 + 24 / t, rel=0.05)
            divided = stacks(run.evolve(tensor_parallel_size=t, sequence_parallel=True))[MomentName.FORWARD].activations / layers / sbh
            assert divided == pytest.approx(32 / t, rel=0.08)


class TestMeasured:
    """Published runs; allocated bytes of torch unless said otherwise."""

    FUSED = {"autocast": True, "fused_kernels": True, "loss": "fused"}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("changes", "gpus", "gib"),
        [
            # fms-acceleration benchmarks, A100 80 GB, FSDP, Mistral-7B, checkpointing, 4096 tokens
            ({"recipe": "pure16", "batch_size": 4}, 2, 33.74),
            ({"recipe": "mixed", "batch_size": 4, "fused_kernels": True, "loss": "fused"}, 4, 33.74),
            ({"recipe": "mixed", "batch_size": 16, "fused_kernels": True, "loss": "fused-linear"}, 4, 52.51),
            ({"method": "lora", "batch_size": 16, **FUSED}, 2, 55.77),
            ({"method": "lora", "batch_size": 16, **FUSED}, 4, 52.35),
            ({"method": "lora", "batch_size": 2, "transformers_release": "before-4.50"}, 2, 14.10),
            (
                {"method": "qlora", "weights": "nf4-double", "upcast_norms": False, "batch_size": 16, **FUSED},
                4,
                49.31,
            ),
        ],
    )
    def test_fsdp(self, changes, gpus, gib):
        run = Scenario(architecture=MISTRAL_7B).evolve(
            task="training",
            context_length=4096,
            gradient_checkpointing=True,
            data_parallel_size=gpus,
            sharding="fsdp",
            lora_target_modules=("q_proj", "k_proj", "v_proj", "o_proj"),
            **changes,
        )
        assert estimate(run).readings.allocated_bytes / GIB == pytest.approx(gib, rel=0.02)

    @pytest.mark.parametrize(
        ("changes", "gib"),
        [
            # PEFT's guide to FSDP, Llama-2-70B on two cards, 2 x 2048 tokens: 35.6 GB a GPU, 19.6 with weights and states on the host
            ({"batch_size": 2, "lora_r": 8}, 35.6e9 / GIB),
            ({"batch_size": 2, "lora_r": 8, "offload_parameters": "cpu", "offload_optimizer": "cpu"}, 19.6e9 / GIB),
        ],
    )
    def test_a_quantized_model_in_parts(self, changes, gib):
        run = Scenario(architecture=LLAMA_2_70B).evolve(
            task="training",
            method="qlora",
            weights="nf4-double",
            context_length=2048,
            gradient_checkpointing=True,
            data_parallel_size=2,
            sharding="fsdp",
            **changes,
        )
        assert estimate(run).total_bytes / GIB == pytest.approx(gib, rel=0.2)

    def test_norms_of_a_quantized_model_in_parts_stay_as_narrow_as_it_is(self):
        """TRL leaves prepare_model_for_kbit_training out where FSDP or ZeRO-3 divides the weights; replicas are prepared as one GPU is."""
        run = Scenario(architecture=MISTRAL_7B).evolve(task="training", method="qlora", weights="nf4", data_parallel_size=4)
        for sharding in ("fsdp", "fsdp2", "zero3"):
            divided = run.evolve(sharding=sharding)
            assert estimate(divided).total_bytes == estimate(divided.evolve(upcast_norms=False)).total_bytes
        assert estimate(run).total_bytes > estimate(run.evolve(upcast_norms=False)).total_bytes

    def test_stages_of_a_pipeline_come_in_order(self):
        """FlagPerf, PaddleNLP, LLaMA-7B, TP2 PP4, 4 x 2048 tokens, 8 A100: 46.80, 38.93, 31.74 and 26.92 GiB."""
        run = FULL.evolve(
            gradient_checkpointing=False,
            batch_size=4,
            tensor_parallel_size=2,
            pipeline_parallel_size=4,
            num_microbatches=512,
            fused_kernels=True,
            sharding="zero1",
        )
        found = [device.total_bytes for device in estimate(run).devices]
        assert found == sorted(found, reverse=True)
        differences = [before - after for before, after in itertools.pairwise(found)]
        assert sum(differences) / GIB == pytest.approx(46.80 - 26.92, rel=0.1)

    TITAN = {  # noqa: RUF012
        "task": "training",
        "recipe": "mixed",
        "gradient_checkpointing": True,
        "fused_kernels": True,
        "fused_mlp": True,
        "optimizer_implementation": "fused",
        "sharding": "fsdp2",
        "fp32_gradients": True,
        "shard_embeddings_apart": True,
        "tensor_parallel_size": 8,
        "sequence_parallel": True,
    }

    @pytest.mark.parametrize(
        ("replicas", "context", "gib", "within"), [(8, 1, 75.3, 0.03), (4, 2, 75.9, 0.03), (2, 4, 77.1, 0.03), (1, 8, 84.9, 0.12)]
    )
    def test_fsdp_in_a_pipeline(self, replicas, context, gib, within):
        """torchtitan, Llama-3.1-405B, 512 H100, TP8 PP8, 1F1B, 8 sequences of 32k tokens for each GPU of context parallelism, in as many
        micro-batches; reserved by torch (its benchmarks of December 2024, table 6, of which no rule was made).
        """
        sizes = {"hidden_size": 16384, "intermediate_size": 53248, "num_hidden_layers": 126, "num_attention_heads": 128}
        arch = Architecture(**SHAPE | sizes | {"num_key_value_heads": 8, "vocab_size": 128256, "nominal_parameters": 405 * 10**9})
        run = Scenario(architecture=arch).evolve(
            **self.TITAN,
            context_length=32768 * context,
            pipeline_parallel_size=8,
            num_microbatches=8,
            layers_per_stage=(15, 16, 16, 16, 16, 16, 16, 15),
            data_parallel_size=replicas,
            context_parallel_size=context,
        )
        assert estimate(run).readings.reserved_bytes / GIB == pytest.approx(gib, rel=within)

    def test_fsdp_with_tensor_parallelism(self):
        """Llama-3.1-70B, 256 H100, TP8, 16 sequences of 8192 tokens (table 4)."""
        arch = replace(LLAMA_2_70B, vocab_size=128256)
        run = Scenario(architecture=arch).evolve(**self.TITAN, batch_size=16, context_length=8192, data_parallel_size=32)
        assert estimate(run).readings.reserved_bytes / GIB == pytest.approx(71.9, rel=0.03)
