"""Training on many GPUs: what each moment of each GPU holds."""

import pytest
from any_scenario import SHAPE
from spread_runs import FULL, MISTRAL_7B, MOE, P, stacks, stacks_of_first

from core.memory import (
    Architecture,
    Component,
    MomentName,
    Reason,
    Scenario,
    estimate,
    parameter_count,
    peak_bytes,
    reconcile,
    refusal,
)
from core.memory.edge import validated
from core.memory.explain import explain
from core.memory.parallel import Recompute


class TestEveryMoment:
    def test_ddp_copies_gradients_into_buckets(self):
        alone, two = (stacks(FULL.evolve(data_parallel_size=n, num_microbatches=2)) for n in (1, 2))
        viewed = stacks(FULL.evolve(data_parallel_size=2, num_microbatches=2, gradient_as_bucket_view=True))
        assert two[MomentName.FORWARD].communication - alone[MomentName.FORWARD].communication == 2 * P
        assert viewed[MomentName.FORWARD].communication == 0
        assert viewed[MomentName.BETWEEN_STEPS].gradients == 2 * P
        sharded = FULL.evolve(data_parallel_size=2, sharding="zero2")
        assert estimate(sharded.evolve(gradient_as_bucket_view=True)).moments == estimate(sharded).moments

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

    def test_what_stages_of_torch_tell_each_other(self):
        """A message for each micro-batch and gradient that is received, and for each output in flight; other frameworks have two in all."""
        run = FULL.evolve(pipeline_parallel_size=4, num_microbatches=8, batch_size=2)
        message = 2 * 4096 * 2 * run.context_length
        devices = estimate(run.evolve(sharding="fsdp2", data_parallel_size=2)).devices
        forward = [next(moment.stack for moment in device.moments if moment.name is MomentName.FORWARD) for device in devices]
        gathered = 2 * (8 * (4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096) + 32000 * 4096)
        assert forward[0].communication == gathered + message * (8 + 4)
        assert forward[-1].communication == gathered + 2 * 4096 + message * (8 - 1)
        assert stacks(run)[MomentName.FORWARD].communication == 2 * message

    def test_inputs_of_products_in_fp8(self):
        """Of each layer one byte less for what the norms give, twice h, and what the last matrix reads, i; one more of what attention
        gives, Q. Computed again, an MLP keeps none; divided by tokens, norms are.
        """
        run = FULL.evolve(sharding="megatron", gradient_checkpointing=False, batch_size=2)
        tokens, h, i = 2 * run.context_length, 4096, 11008

        def less(**changes: object) -> int:
            wide = run.evolve(**changes)
            narrow = wide.evolve(fp8_linears=True)
            assert stacks(narrow)[MomentName.LOAD] == stacks(wide)[MomentName.LOAD]
            return stacks(wide)[MomentName.FORWARD].activations - stacks(narrow)[MomentName.FORWARD].activations

        assert less() == 32 * tokens * (2 * h + i - h)
        assert less(recompute="mlp") == 32 * tokens * (2 * h - h)
        assert less(tensor_parallel_size=4, sequence_parallel=True) == 32 * tokens * (2 * h + i - h) // 4
        assert less(gradient_checkpointing=True) == 0

    @pytest.mark.parametrize(
        "changes",
        [{"sharding": "fsdp2"}, {"method": "lora", "sharding": "megatron"}, {"architecture": MOE, "sharding": "megatron"}],
        ids=["torch", "adapters", "experts"],
    )
    def test_products_in_fp8_are_megatrons(self, changes):
        run = FULL.evolve(data_parallel_size=2, fp8_linears=True, **changes)
        refused = refusal(run)
        assert refused is not None
        assert refused.reason is Reason.FP8_OF_MEGATRON
        assert refusal(reconcile(run)) is None
        assert not reconcile(run).parallel.fp8_linears

    def test_a_compiled_layer_keeps_no_product_that_is_only_added(self):
        """torchtitan's selective checkpointing, Llama-3.1-8B, 2 x 8192 tokens: 5.4 and 5.0 GiB less compiled than not."""
        sizes = SHAPE | {"intermediate_size": 14336, "num_key_value_heads": 8, "vocab_size": 128256}
        run = Scenario(architecture=Architecture(**sizes)).evolve(
            task="training", batch_size=2, context_length=8192, recompute="operations"
        )
        plain, compiled = (stacks(run.evolve(fused_kernels=fused))[MomentName.FORWARD].activations for fused in (False, True))
        assert plain - compiled == 32 * 2 * 4096 * 2 * 8192

    def test_gradients_of_one_interleaved_piece_at_a_time(self):
        """Where all micro-batches of a step are one round of torch's schedule."""
        run = FULL.evolve(pipeline_parallel_size=4, num_microbatches=4, data_parallel_size=2, sharding="fsdp2")
        pieces = run.evolve(virtual_pipeline_parallel_size=2)
        whole, half = (stacks_of_first(scenario).gradients for scenario in (run, pieces))
        assert whole == 2 * half
        assert stacks_of_first(pieces.evolve(num_microbatches=8)).gradients == whole

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

    def test_sequence_parallelism_divides_norms_and_megatron_their_outputs_too(self):
        """DTensor on torch 2.13, four GPUs: of the norms' 16h bytes a token the products' inputs, 4h, stay whole; the rest is a
        quarter. Megatron's own norms keep 8h, and all of it is divided.
        """
        run = FULL.evolve(gradient_checkpointing=False, tensor_parallel_size=4)
        h = 4096 * 2048 * 32
        for sharding, elsewhere in (("fsdp2", 12), ("megatron", 8)):
            whole, divided = (
                stacks(run.evolve(sharding=sharding, sequence_parallel=on))[MomentName.FORWARD].activations for on in (False, True)
            )
            assert (whole - divided) / h == pytest.approx(elsewhere * 3 / 4, rel=0.001)

    def test_experts_biases_and_first_dense_layers(self):
        """The stage without the first layers has experts in all of its own."""
        dense_first = Architecture(**{field: getattr(MOE, field) for field in MOE.__dataclass_fields__} | {"first_k_dense_replace": 24})
        run = Scenario(architecture=dense_first).evolve(task="training", recipe="mixed", pipeline_parallel_size=2, num_microbatches=4)
        first, last = (device.moments[0].stack.weights for device in estimate(run).devices)
        assert last > 4 * first
        clamped = Architecture(**{field: getattr(MOE, field) for field in MOE.__dataclass_fields__} | {"experts_clamped": True})
        biased = run.evolve(architecture=clamped, expert_parallel_size=1)
        assert estimate(biased).devices[0].total_bytes > 0

    def test_megatron_runs_its_own_kernels_and_loss(self):
        """Whatever the scenario says of kernels: those it says are transformers'."""
        run = FULL.evolve(sharding="megatron", data_parallel_size=4, gradient_checkpointing=False, batch_size=2)
        said = run.evolve(fused_kernels=True, fused_mlp=True, loss="fused")
        assert estimate(run).moments == estimate(said).moments
        zero = run.evolve(sharding="zero1")
        assert stacks(run)[MomentName.FORWARD].activations < stacks(zero)[MomentName.FORWARD].activations
        assert stacks(run.evolve(loss="fused-linear"))[MomentName.FORWARD].logits < stacks(run)[MomentName.FORWARD].logits


class TestVisionTowers:
    """A tower beside the model, frozen in training."""

    ARCH = validated(Architecture, **SHAPE | {"vision_parameters": 10**9})

    @pytest.mark.parametrize(
        ("sharding", "gib"), [("none", 2), ("zero2", 2), ("megatron", 2), ("zero3", 0.5), ("fsdp2", 0.5)], ids=lambda each: str(each)
    )
    def test_it_is_divided_where_weights_are(self, sharding, gib):
        run = FULL.evolve(data_parallel_size=4, sharding=sharding)
        beside = stacks(run.evolve(architecture=self.ARCH))[MomentName.LOAD].weights - stacks(run)[MomentName.LOAD].weights
        assert beside == gib * 10**9

    @pytest.mark.parametrize(
        ("task", "changes"), [("training", {"num_microbatches": 4}), ("inference", {"layers_per_stage": (8, 8, 8, 8)})]
    )
    def test_it_is_on_the_first_stage(self, task, changes):
        staged = FULL.evolve(task=task, pipeline_parallel_size=4, **changes)
        weights = [
            [device.moments[0].stack.weights for device in estimate(staged.evolve(architecture=arch)).devices for _ in range(device.alike)]
            for arch in (self.ARCH, staged.architecture)
        ]
        assert [tower - plain for tower, plain in zip(*weights, strict=True)] == [2 * 10**9, 0, 0, 0]

    def test_an_engine_divides_it_as_it_divides_matrices(self):
        for changes, each in (({"tensor_parallel_size": 4}, 5 * 10**8), ({"pipeline_parallel_size": 2}, 2 * 10**9)):
            served = Scenario(architecture=self.ARCH, runtime="vllm").evolve(**changes)
            plain = served.evolve(architecture=FULL.architecture)
            assert estimate(served).devices[0].moments[0].stack.weights - estimate(plain).devices[0].moments[0].stack.weights == each
