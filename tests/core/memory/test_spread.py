"""Training on many GPUs: what is published as formulas, what was measured, and what must hold of every way to spread a run."""

import itertools

import pytest
from any_scenario import SHAPE, architectures, logarithmic
from hypothesis import assume, given
from hypothesis import strategies as st

from core.memory import (
    Architecture,
    Component,
    MomentName,
    Recipe,
    Scenario,
    Sharding,
    estimate,
    parameter_count,
    peak_bytes,
    reconcile,
    refusal,
)
from core.memory.edge import validated
from core.memory.explain import explain
from core.memory.parallel import Offload, Parallelism, Recompute
from core.memory.units import GIB

LLAMA_7B = Architecture(**SHAPE)
P = parameter_count(LLAMA_7B)
#: Rotary frequencies, which no replica divides.
BUFFERS = 512
FULL = Scenario(architecture=LLAMA_7B).evolve(task="training", recipe="mixed", gradient_checkpointing=True, context_length=2048)
MISTRAL_7B = Architecture(**SHAPE | {"intermediate_size": 14336, "num_key_value_heads": 8})
MOE = Architecture(
    **SHAPE
    | {
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 48,
        "num_key_value_heads": 4,
        "vocab_size": 151_936,
        "qk_norm": True,
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "moe_intermediate_size": 768,
    }
)


def stacks(scenario: Scenario) -> dict[MomentName, object]:
    return {moment.name: moment.stack for moment in estimate(scenario).moments}


def state(stack) -> int:
    return stack.weights + stack.gradients + stack.optimizer


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


class TestEveryMoment:
    def test_ddp_copies_gradients_into_buckets(self):
        alone, two = (stacks(FULL.evolve(data_parallel_size=n, num_microbatches=2)) for n in (1, 2))
        viewed = stacks(FULL.evolve(data_parallel_size=2, num_microbatches=2, gradient_as_bucket_view=True))
        assert two[MomentName.FORWARD].communication - alone[MomentName.FORWARD].communication == 2 * P
        assert viewed[MomentName.FORWARD].communication == 0
        assert viewed[MomentName.BETWEEN_STEPS].gradients == 2 * P

    def test_units_that_fsdp_gathers(self):
        """A layer and the root at the loss; two layers and gradients of one and of the head while a layer runs; everything with GRAD_OP."""
        run = FULL.evolve(data_parallel_size=8, batch_size=8, loss="fused-linear", sharding="fsdp")
        layer, root, head = 4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096, 2 * 32000 * 4096 + 4096, 32000 * 4096
        backward = stacks(run)[MomentName.BACKWARD]
        assert backward.communication == 2 * (root + 2 * layer + layer + head)
        lagging = stacks(run.evolve(limit_all_gathers=False))[MomentName.BACKWARD]
        assert lagging.communication - backward.communication == 2 * 2 * layer
        whole = stacks(run.evolve(sharding="fsdp-grad-op"))[MomentName.BACKWARD]
        assert whole.communication == 2 * (P + layer + head)
        frozen = run.evolve(method="lora", recipe="pure16")
        first, second = (stacks(frozen.evolve(sharding=sharding))[MomentName.BACKWARD].communication for sharding in ("fsdp", "fsdp2"))
        assert second > first

    @pytest.mark.parametrize(
        ("fp32_gradients", "apart", "mib"),
        [
            (True, False, 31.25 + 24.5 + 24.5 + 49.0 + 24.5 + 15.6),
            (False, False, 31.25 + 24.5 + 24.5 + 24.5 + 24.5 + 15.6),
            (True, True, None),
        ],
    )
    def test_units_that_fully_shard_gathers(self, fp32_gradients, apart, mib):
        """FSDPMemTracker of torch 2.13, 8 layers h 1024, i 2816, V 8000, 64 tokens, checkpointing, in MiB: unsharded parameters of the
        root, 31.3, and of a layer, 24.5; gathered ahead 24.5; reduced 49.0 in fp32, 24.5 in bf16; gradients of a layer and of the head.
        """
        small = SHAPE | {"hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 8, "vocab_size": 8000}
        arch = Architecture(**small | {"num_attention_heads": 8, "num_key_value_heads": 8})
        run = Scenario(architecture=arch).evolve(task="training", recipe="mixed", gradient_checkpointing=True, context_length=128)
        run = run.evolve(data_parallel_size=8, sharding="fsdp2", fp32_gradients=fp32_gradients, loss="fused-linear")
        together = stacks(run)[MomentName.BACKWARD].communication
        if mib is not None:
            assert together / 2**20 == pytest.approx(mib, abs=0.1)
        separate = stacks(run.evolve(shard_embeddings_apart=apart))[MomentName.BACKWARD].communication
        assert together - separate == 2 * (8000 * 1024 + 1024) * apart

    def test_hybrid_sharding_divides_within_a_machine(self):
        across = estimate(FULL.evolve(data_parallel_size=32, sharding="fsdp2")).moments[-1].stack
        within = estimate(FULL.evolve(data_parallel_size=32, sharding="fsdp2-hybrid")).moments[-1].stack
        group = estimate(FULL.evolve(data_parallel_size=32, sharding="fsdp2-hybrid", shard_group_size=4)).moments[-1].stack
        assert within.optimizer == pytest.approx(4 * across.optimizer, rel=1e-6)
        assert group.optimizer == pytest.approx(8 * across.optimizer, rel=1e-6)

    def test_accumulated_gradients_of_fsdp_are_whole_unless_each_batch_is_reduced(self):
        run = FULL.evolve(data_parallel_size=8, num_microbatches=4, sharding="fsdp")
        assert stacks(run)[MomentName.BACKWARD].gradients == 2 * P
        assert stacks(run.evolve(sharding="fsdp2"))[MomentName.BACKWARD].gradients == 2 * P
        assert stacks(run.evolve(sharding="fsdp2", fp32_gradients=True))[MomentName.BACKWARD].gradients == 4 * P
        assert stacks(run.evolve(sync_each_batch=True))[MomentName.BACKWARD].gradients == pytest.approx(4 * P / 8, abs=8)
        assert stacks(run)[MomentName.OPTIMIZER_STEP].gradients == pytest.approx(4 * P / 8, abs=8)

    def test_zero3_holds_no_more_parameters_than_it_may(self):
        run = FULL.evolve(data_parallel_size=8, sharding="zero3", reduce_bucket_size=0)
        few = run.evolve(stage3_max_live_parameters=0, stage3_prefetch_bucket_size=0)
        largest = stacks(few)[MomentName.BACKWARD].communication
        assert largest < stacks(run)[MomentName.BACKWARD].communication == pytest.approx(2 * 1.05e9, rel=0.001)
        assert stacks(run.evolve(stage3_max_live_parameters=10**12))[MomentName.BACKWARD].communication == 2 * P

    def test_buckets_of_zero2(self):
        run = FULL.evolve(data_parallel_size=8, sharding="zero2", batch_size=1, loss="fused-linear")
        assert stacks(run)[MomentName.BACKWARD].communication == 2 * 2 * 500_000_000
        assert stacks(run.evolve(overlap_comm=False))[MomentName.BACKWARD].communication == 2 * 500_000_000

    def test_they_are_there_whole_however_few_values_are_trained(self):
        """DeepSpeed allocates reduce_bucket_size values."""
        lora = FULL.evolve(method="lora", data_parallel_size=8, sharding="zero2", reduce_bucket_size=2 * 10**8)
        assert stacks(lora)[MomentName.BACKWARD].communication == 2 * 2 * 2 * 10**8
        assert stacks(lora)[MomentName.FORWARD].communication == 0

    def test_deepspeed_makes_a_group_of_one_gpu(self):
        alone, plain = (stacks(FULL.evolve(sharding=sharding))[MomentName.LOAD].runtime for sharding in ("zero2", "none"))
        assert alone - plain == 512 * 2**20

    def test_embedding_and_head_are_on_their_stages(self):
        run = FULL.evolve(pipeline_parallel_size=4, num_microbatches=8)
        first, middle, also, last = (device.moments[0].stack.weights for device in estimate(run).devices)
        assert middle == also
        assert first - middle == 2 * 32000 * 4096
        assert last - first == 2 * 4096
        tied = run.evolve(architecture=Architecture(**SHAPE | {"tie_word_embeddings": True}))
        assert [device.moments[0].stack.weights for device in estimate(tied).devices] == [first, middle, also, last]

    def test_an_optimizer_that_steps_in_backward_holds_one_gradient(self):
        run = FULL.evolve(data_parallel_size=8, sharding="fsdp2")
        stepped = stacks(run.evolve(gradients="in-backward"))[MomentName.OPTIMIZER_STEP]
        assert stepped.gradients == 4 * 32000 * 4096
        assert stepped.workspace < stacks(run)[MomentName.OPTIMIZER_STEP].workspace

    def test_stages_that_are_alike_are_one_device(self):
        run = FULL.evolve(pipeline_parallel_size=8, tensor_parallel_size=2, num_microbatches=1)
        devices = estimate(run).devices
        assert [(device.stage, device.rank, device.alike) for device in devices] == [(0, 0, 2), (1, 2, 12), (7, 14, 2)]

    def test_only_the_last_stage_has_logits(self):
        devices = estimate(FULL.evolve(pipeline_parallel_size=2, num_microbatches=4)).devices
        assert max(moment.stack.logits for moment in devices[0].moments) == 0
        assert max(moment.stack.logits for moment in devices[1].moments) == 12 * 32000 * 2048

    def test_layers_are_split_as_they_are_given(self):
        run = FULL.evolve(pipeline_parallel_size=3, num_microbatches=6)
        even, uneven = (estimate(scenario).devices for scenario in (run, run.evolve(layers_per_stage=(2, 10, 20))))
        layer = 2 * (4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096)
        weights = [[device.moments[0].stack.weights for device in devices] for devices in (even, uneven)]
        assert [(before - after) // layer for before, after in zip(*weights, strict=True)] == [9, 1, -10]

    def test_interleaving_holds_more(self):
        """Narayanan et al.: p(1 + (p - 1)/(pv)) micro-batches on the first stage instead of p."""
        run = FULL.evolve(pipeline_parallel_size=4, num_microbatches=16, gradient_checkpointing=False)
        plain, interleaved = (stacks_of_first(scenario).activations for scenario in (run, run.evolve(virtual_pipeline_parallel_size=2)))
        assert interleaved / plain == pytest.approx(1 + 3 / 8, rel=0.001)
        assert stacks_of_first(run.evolve(num_microbatches=2)).activations / plain == pytest.approx(0.5, rel=0.001)

    def test_keys_and_values_are_repeated_where_there_are_more_gpus(self):
        grouped = FULL.evolve(architecture=MISTRAL_7B)
        eight, sixteen = (stacks(grouped.evolve(tensor_parallel_size=t))[MomentName.LOAD].weights for t in (8, 16))
        divided = 2 * 32 * (2 * 4096 * 4096 + 3 * 4096 * 14336) + 2 * 2 * 32000 * 4096
        assert eight - sixteen == divided // 16

    def test_context_parallelism_divides_tokens(self):
        run = FULL.evolve(context_length=65_536)
        one, four = (stacks(run.evolve(context_parallel_size=n, sharding="zero1"))[MomentName.FORWARD] for n in (1, 4))
        assert one.logits == 4 * four.logits
        assert four.optimizer == pytest.approx(one.optimizer / 4, rel=1e-6)
        assert four.communication > one.communication

    @pytest.mark.parametrize("recompute", list(Recompute))
    def test_recomputing_never_keeps_more(self, recompute):
        run = FULL.evolve(gradient_checkpointing=False, attention="eager", data_parallel_size=2, batch_size=2)
        assert peak_bytes(run.evolve(recompute=recompute)) <= peak_bytes(run)

    def test_recomputing_by_layers(self):
        """UNIFORM by one layer is checkpointing; by four keeps a quarter of the inputs and four layers at once; BLOCK the rest whole."""
        run = FULL.evolve(gradient_checkpointing=False, data_parallel_size=2, batch_size=4, loss="fused-linear")
        uniform = run.evolve(recompute="uniform")
        assert estimate(uniform).peak == estimate(run.evolve(gradient_checkpointing=True)).peak
        inputs = 2 * 4096 * 4 * 2048
        four = uniform.evolve(recompute_num_layers=4)
        assert stacks(uniform)[MomentName.FORWARD].activations - stacks(four)[MomentName.FORWARD].activations == 24 * inputs
        half, most = (run.evolve(recompute="block", recompute_num_layers=layers) for layers in (16, 32))
        assert stacks(most)[MomentName.FORWARD] == stacks(uniform)[MomentName.FORWARD]
        assert stacks(half)[MomentName.FORWARD].activations > stacks(most)[MomentName.FORWARD].activations

    def test_selective_recomputation_leaves_scores_out(self):
        run = FULL.evolve(gradient_checkpointing=False, data_parallel_size=2, attention="eager")
        forward = stacks(run.evolve(recompute="selective"))[MomentName.FORWARD].activations
        fused = stacks(run.evolve(attention="sdpa"))[MomentName.FORWARD].activations
        assert forward == pytest.approx(fused, rel=0.01)
        assert stacks(run.evolve(attention="sdpa", recompute="selective"))[MomentName.FORWARD].activations == fused
        mlp = stacks(run.evolve(attention="sdpa", recompute="mlp"))[MomentName.FORWARD].activations
        assert fused - mlp == 32 * 2048 * 8 * 11008

    def test_offload(self):
        run = FULL.evolve(data_parallel_size=8, sharding="zero3", batch_size=8)
        there = estimate(run.evolve(offload_activations="cpu"))
        assert there.host_bytes.activations > 0
        assert there.moments[1].stack.activations < estimate(run).moments[1].stack.activations / 2
        disk = estimate(run.evolve(offload_optimizer="nvme", offload_parameters="nvme")).host_bytes
        assert disk.nvme == pytest.approx(14 * P, rel=0.001)
        assert 0 < disk.buffers < disk.nvme
        assert disk.optimizer == disk.weights == 0
        fsdp = FULL.evolve(data_parallel_size=8, sharding="fsdp2", offload_parameters="cpu", offload_optimizer="cpu")
        assert estimate(fsdp).host_bytes.total_bytes == pytest.approx(16 * P, rel=0.001)
        unmoved = FULL.evolve(gradient_checkpointing=False, data_parallel_size=2, sharding="zero2")
        assert estimate(unmoved.evolve(offload_activations="cpu")).total_bytes < estimate(unmoved).total_bytes

    def test_adapters(self):
        """Frozen weights are divided by ZeRO-3 and FSDP alone; DDP's buckets hold the adapters' gradients."""
        lora = FULL.evolve(method="lora", data_parallel_size=4)
        whole, divided = (stacks(lora.evolve(sharding=sharding))[MomentName.LOAD].weights for sharding in ("zero2", "zero3"))
        assert whole == pytest.approx(4 * divided, rel=0.001)
        staged = estimate(lora.evolve(pipeline_parallel_size=2, num_microbatches=4)).devices
        assert staged[0].moments[0].stack.weights < whole

    def test_layers_with_a_state_are_divided_by_replicas_alone(self):
        """The largest layer is what FSDP gathers; no framework's split of a mixer is modelled, nor what it would recompute of one."""
        sizes = SHAPE | {"num_hidden_layers": 8, "mixer": "mamba2", "mixer_norm": True, "conv_kernel": 4, "mamba_num_heads": 128}
        pieces = {"mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 1, "chunk_size": 256}
        hybrid = validated(Architecture, **sizes, **pieces, num_mixer_layers=6, num_layers_without_attention=6)
        run = FULL.evolve(architecture=hybrid, data_parallel_size=4, gradient_checkpointing=False)
        count = parameter_count(hybrid)
        divided = stacks(run.evolve(sharding="fsdp2"))
        assert divided[MomentName.OPTIMIZER_STEP].optimizer == pytest.approx(8 * count / 4, abs=8)
        assert divided[MomentName.BACKWARD].communication > 2 * 2 * count / 8
        for recompute in ("mlp", "operations"):
            assert stacks(run.evolve(recompute=recompute))[MomentName.FORWARD] == stacks(run)[MomentName.FORWARD]
        assert refusal(run.evolve(tensor_parallel_size=2)) is not None
        assert refusal(reconcile(run.evolve(pipeline_parallel_size=2))) is None

    def test_a_reference_model_is_as_wide_and_divided_likewise(self):
        """As the model itself: whole beside ZeRO-2, in parts where the weights are."""
        dpo = FULL.evolve(objective="dpo", data_parallel_size=4)
        for sharding, held in (("zero2", 4 * P), ("zero3", P), ("fsdp2", 6 * P / 4)):
            assert stacks(dpo.evolve(sharding=sharding))[MomentName.LOAD].weights == pytest.approx(held, rel=1e-6)
        assert (
            estimate(dpo.evolve(sharding="zero2")).total_bytes > estimate(FULL.evolve(data_parallel_size=4, sharding="zero2")).total_bytes
        )
        assert "TRL" in explain(dpo)[MomentName.FORWARD][Component.LOGITS].source
        staged = dpo.evolve(pipeline_parallel_size=2, num_microbatches=2)
        assert refusal(staged) is not None
        assert refusal(reconcile(staged)) is None

    def test_adafactor_divides_its_rows_and_columns(self):
        run = FULL.evolve(optimizer="adafactor", recipe="fp32", weights="fp32", data_parallel_size=8)
        one, divided = (stacks(run.evolve(sharding=sharding))[MomentName.BETWEEN_STEPS].optimizer for sharding in ("none", "fsdp2"))
        assert divided == pytest.approx(one / 8, rel=1e-4)

    def test_sequence_parallelism_gathers_for_a_layer(self):
        run = FULL.evolve(tensor_parallel_size=2, batch_size=8)
        assert stacks(run.evolve(sequence_parallel=True))[MomentName.BACKWARD].communication == 2 * 4096 * 8 * 2048

    def test_experts_biases_and_first_dense_layers(self):
        """The stage without the first layers has experts in all of its own."""
        dense_first = Architecture(**{field: getattr(MOE, field) for field in MOE.__dataclass_fields__} | {"first_k_dense_replace": 24})
        run = Scenario(architecture=dense_first).evolve(task="training", recipe="mixed", pipeline_parallel_size=2, num_microbatches=4)
        first, last = (device.moments[0].stack.weights for device in estimate(run).devices)
        assert last > 4 * first
        clamped = Architecture(**{field: getattr(MOE, field) for field in MOE.__dataclass_fields__} | {"experts_clamped": True})
        biased = run.evolve(architecture=clamped, expert_parallel_size=1)
        assert estimate(biased).devices[0].total_bytes > 0


def stacks_of_first(scenario: Scenario):
    (forward,) = [moment.stack for moment in estimate(scenario).devices[0].moments if moment.name is MomentName.FORWARD]
    return forward


sizes = st.sampled_from([1, 2, 4, 8])
spreads = st.builds(
    Parallelism,
    data_parallel_size=sizes,
    tensor_parallel_size=sizes,
    pipeline_parallel_size=st.sampled_from([1, 2, 3, 4]),
    context_parallel_size=st.sampled_from([1, 2]),
    sequence_parallel=st.booleans(),
    sharding=st.sampled_from(Sharding),
    num_microbatches=st.sampled_from([1, 2, 8, 24]),
    virtual_pipeline_parallel_size=st.sampled_from([1, 2]),
    recompute=st.sampled_from(Recompute),
    recompute_num_layers=st.sampled_from([1, 3]),
    offload_parameters=st.sampled_from(Offload),
    offload_optimizer=st.sampled_from(Offload),
    offload_activations=st.sampled_from(Offload),
    fp32_gradients=st.booleans(),
    sync_each_batch=st.booleans(),
    gpus_per_node=sizes,
)
runs = st.builds(
    Scenario,
    architecture=architectures,
    task=st.just("training"),
    parallel=spreads,
    batch_size=logarithmic(1, 64),
    context_length=logarithmic(128, 65_536),
    method=st.sampled_from(["full", "lora", "qlora"]),
    recipe=st.sampled_from(Recipe),
    optimizer=st.sampled_from(["adamw", "adamw8bit", "adafactor", "sgd"]),
    gradient_checkpointing=st.booleans(),
    attention=st.sampled_from(["sdpa", "eager"]),
    gradients=st.sampled_from(["per-step", "accumulated", "in-backward"]),
    first_step=st.booleans(),
).map(lambda run: reconcile(run.evolve()))


class TestEverySpread:
    @given(runs)
    def test_what_is_refused_can_be_reconciled_and_adds_up(self, run):
        assert refusal(run) is None
        found = estimate(run)
        assert sum(device.alike for device in found.devices) == run.parallel.world_size
        assert found.total_bytes == max(device.total_bytes for device in found.devices) == peak_bytes(run)
        for device in found.devices:
            assert all(isinstance(size, int) and size >= 0 for moment in device.moments for size in moment.stack)
        assert all(size >= 0 for size in found.host_bytes)

    @given(runs)
    def test_more_tokens_never_take_less(self, run):
        assert peak_bytes(run) <= peak_bytes(run.evolve(batch_size=run.batch_size + 1))

    @given(runs)
    def test_what_is_explained_is_what_was_computed(self, run):
        assume(not run.parallel.plain)
        found = estimate(run)
        device = found.devices[-1]
        for moment, parts in explain(run, device).items():
            (stack,) = [each.stack for each in device.moments if each.name is moment]
            expected = {component: size for component, size in zip(Component, stack, strict=True) if size}
            assert {component: part.value_bytes for component, part in parts.items()} == expected
            assert all(len(part.source) > 20 for part in parts.values())

    @given(runs)
    def test_one_gpu_takes_no_less_than_each_of_many_replicas(self, run):
        """Dividing states never costs more than their buffers."""
        alone = run.evolve(sharding="none", offload_parameters="none", offload_optimizer="none", offload_activations="none")
        assume(refusal(alone) is None)
        divided = alone.evolve(sharding="zero1") if alone.recipe is Recipe.MIXED and alone.method == "full" else alone
        assume(refusal(divided) is None)
        for device, other in zip(estimate(divided).devices, estimate(alone).devices, strict=False):
            assert device.moments[-1].stack.optimizer <= other.moments[-1].stack.optimizer
