"""Models with mixers over several GPUs: the parts add up to the whole and what is repeated; what no framework runs is refused."""

from dataclasses import replace

import pytest
from test_mixers import BAMBA, FALCON_H1, GRANITE, JAMBA, LFM2, MAMBA, NEMOTRON_H, QWEN3_NEXT, hybrids

from core.memory import Architecture, Component, Reason, Runtime, Scenario, estimate, parameter_count, reconcile, refusal
from core.memory.components import MomentName
from core.memory.division import part_of, with_layers
from core.memory.edge import validated
from core.memory.estimate import moments_of
from core.memory.explain import explain
from core.memory.mixers import mixer, mixer_shapes
from core.memory.parallel import Parallelism
from core.memory.parameters import outside_parameters
from core.memory.serving_states import state_page_bytes

#: Layers of each stage, all with a mixer among them in every model.
CUTS = [(8,), (4, 4), (3, 5), (2, 4, 2), (6, 2)]


def in_layers(arch: Architecture) -> int:
    return parameter_count(arch) - outside_parameters(arch)


def counts(arch: Architecture) -> tuple[int, ...]:
    return arch.num_hidden_layers, arch.num_mixer_layers, arch.attention_layers, arch.mlp_layers, arch.num_moe_layers


def cut(arch: Architecture, *layers: int) -> list[Architecture]:
    return [with_layers(arch, sum(layers[:place]), each) for place, each in enumerate(layers)]


def served(arch: Architecture, runtime: Runtime = Runtime.VLLM, **choices: object) -> Scenario:
    return validated(Scenario, architecture=arch, runtime=runtime).evolve(**choices)


@hybrids
@pytest.mark.parametrize("layers", CUTS, ids=str)
def test_stages_have_what_the_model_has(arch, layers):
    """Blocks of each kind, and values in them, to the last one."""
    parts = cut(arch, *layers)
    assert tuple(map(sum, zip(*map(counts, parts), strict=True))) == counts(arch)
    assert sum(map(in_layers, parts)) == in_layers(arch)


def test_kinds_of_layers_fall_to_the_stage_that_has_them():
    """Qwen3-Next attends in every fourth layer; Jamba in the third and seventh here, and has experts in every second; Falcon-H1 has both
    everywhere.
    """
    assert [part.attention_layers for part in cut(QWEN3_NEXT, 3, 1, 4)] == [0, 1, 1]
    assert [part.num_mixers_after_attention for part in cut(QWEN3_NEXT, 3, 1, 4)] == [3, 0, 0]
    third = cut(JAMBA, 3, 3, 2)
    assert [part.attention_layers for part in third] == [1, 0, 1]
    assert [part.num_moe_layers for part in third] == [1, 2, 1]
    assert [part.num_mixers_after_attention for part in third] == [0, 3, 1]
    assert [part.attention_layers for part in cut(FALCON_H1, 5, 3)] == [5, 3]
    dense = replace(QWEN3_NEXT, first_k_dense_replace=3)
    assert [part.num_moe_layers for part in cut(dense, 2, 2, 4)] == [0, 1, 4]


def test_a_stage_without_a_mixer_is_one_of_an_ordinary_model():
    attention = cut(QWEN3_NEXT, 3, 1, 4)[1]
    assert attention.num_mixer_layers == attention.num_layers_without_attention == 0
    for runtime in (Runtime.VLLM, Runtime.TRANSFORMERS):
        fourth = served(QWEN3_NEXT, runtime, pipeline_parallel_size=8)
        assert sum(device.alike for device in estimate(fourth).devices) == 8
        assert moments_of(fourth, 3)[0].stack.weights > 0


def test_single_blocks_without_a_mixer_are_refused():
    """Of Nemotron-H's blocks an MLP by itself."""
    for runtime in (Runtime.VLLM, Runtime.TRANSFORMERS):
        split = served(NEMOTRON_H, runtime, pipeline_parallel_size=8)
        refused = refusal(split)
        assert refused is not None
        assert refused.reason is Reason.SEVERAL_GPUS
        assert refusal(reconcile(split)) is None
    assert refusal(served(NEMOTRON_H, pipeline_parallel_size=2)) is None


@hybrids
@pytest.mark.parametrize("size", [2, 4])
def test_tensor_parallelism_divides_mixers(arch, size):
    """States by heads; of what is in every part only groups, and the outputs that all channels share, are repeated."""
    parallel = Parallelism(tensor_parallel_size=size)
    part = part_of(arch, parallel)
    rules = mixer(arch)
    assert size * rules.recurrent_state_bytes(part) == rules.recurrent_state_bytes(arch)
    groups = 2 * (size - 1) * arch.ssm_state_size if arch.n_groups else 0
    assert size * rules.convolved(part) - rules.convolved(arch) == groups
    assert size * state_page_bytes(part) - state_page_bytes(arch) == 2 * (arch.conv_kernel - 1) * groups
    repeated = arch.hidden_size * groups
    assert size * sum(i * o for _, i, o in mixer_shapes(part)) - sum(i * o for _, i, o in mixer_shapes(arch)) == repeated


@hybrids
def test_gpus_of_an_engine_have_the_model_between_them(arch):
    """And norms, routers, and rotary tables once more each; sequences no less than their part of the states."""

    def of(**choices: object) -> tuple[int, int]:
        devices = estimate(served(arch, **choices)).devices
        stacks = [(each.alike, {moment.name: moment.stack for moment in each.moments}) for each in devices]
        weights = sum(alike * moments[MomentName.LOAD].weights for alike, moments in stacks)
        return weights, sum(alike * moments[MomentName.SERVING].kv_cache for alike, moments in stacks)

    weights, cache = of()
    for size in (2, 4):
        together, cached = of(tensor_parallel_size=size)
        assert weights < together < 1.2 * weights
        assert cached >= cache
    if not arch.num_experts:  # which replicas of vLLM divide
        assert of(data_parallel_size=2) == (2 * weights, 2 * cache)


@hybrids
def test_transformers_gives_each_gpu_some_of_the_layers(arch):
    """What is loaded adds up but for the rotary frequencies, and what is cached."""
    one = served(arch, Runtime.TRANSFORMERS, context_length=2000)
    stacks = [{moment.name: moment.stack for moment in device.moments} for device in estimate(one).devices]
    two = estimate(one.evolve(pipeline_parallel_size=2)).devices
    parts = [{moment.name: moment.stack for moment in device.moments} for device in two]
    assert sum(part[MomentName.LOAD].weights for part in parts) == pytest.approx(stacks[0][MomentName.LOAD].weights, abs=8 * arch.head_dim)
    assert sum(part[MomentName.DECODE].kv_cache for part in parts) == stacks[0][MomentName.DECODE].kv_cache


@pytest.mark.parametrize(
    ("arch", "size"),
    [(BAMBA, 16), (replace(BAMBA, n_groups=2), 4), (JAMBA, 3), (QWEN3_NEXT, 8), (LFM2, 3), (MAMBA, 3)],
    ids=["attention heads", "groups", "channels", "key heads", "convolution", "no attention"],
)
def test_whole_heads_and_groups_are_divided(arch, size):
    refused = refusal(served(arch, tensor_parallel_size=size))
    assert refused is not None
    assert refused.reason is Reason.TENSOR_PARALLEL_HEADS
    assert refusal(served(arch).evolve(**refused.alternatives[0])) is None


def test_channels_may_be_divided_where_there_are_no_heads():
    assert refusal(served(MAMBA, tensor_parallel_size=16)) is None


def test_a_group_of_a_quantized_model_is_not_repeated():
    split = served(GRANITE, tensor_parallel_size=4, weights="fp8")
    refused = refusal(split)
    assert refused is not None
    assert refused.reason is Reason.QUANTIZED_GROUPS
    for change in refused.alternatives:
        assert refusal(split.evolve(**change)) is None
    assert refusal(served(replace(GRANITE, n_groups=4), tensor_parallel_size=4, weights="fp8")) is None
    assert refusal(served(QWEN3_NEXT, tensor_parallel_size=4, weights="fp8")) is None


def test_vllm_makes_no_pipeline_of_mamba2_alone():
    alone = replace(NEMOTRON_H, **dict.fromkeys(("num_mixer_layers", "num_layers_without_attention", "num_layers_without_mlp"), 8))
    split = served(alone, pipeline_parallel_size=2)
    refused = refusal(split)
    assert refused is not None
    assert refused.reason is Reason.PIPELINE_NOT_SERVED
    assert refusal(split.evolve(**refused.alternatives[0])) is None
    assert refusal(served(alone, Runtime.TRANSFORMERS, pipeline_parallel_size=2)) is None
    assert refusal(served(MAMBA, pipeline_parallel_size=2)) is None


def test_attention_may_be_further_from_the_end_than_from_each_other():
    early = replace(BAMBA, num_mixers_after_attention=5)
    assert [part.attention_layers for part in cut(early, 2, 1, 5)] == [1, 1, 0]


class TestMegatron:
    """Its Mamba-2 with mamba-ssm's kernels."""

    ARCH = replace(NEMOTRON_H, n_groups=4)
    RUN = Scenario(architecture=ARCH).evolve(task="training", recipe="mixed", sharding="megatron", context_length=4096)

    def test_kernels_keep_a_fraction(self):
        """What the first matrix made, 2 bytes a value, the scan's output, and the inputs of the norm and of the last matrix; in plain
        PyTorch several times as much.
        """
        plain, kernels = (estimate(self.RUN.evolve(sharding="fsdp2", fused_kernels=fused)).total_bytes for fused in (False, True))
        assert kernels < plain / 2
        inner, projected = 16 * 64, 2 * 16 * 64 + 2 * 4 * 64 + 16
        assert mixer(self.ARCH, kernels=True).saved(self.ARCH, 1, 4096) == 4096 * (2 * projected + 6 * inner + 4 * 4)
        assert mixer(self.ARCH).saved(self.ARCH, 1, 4096) > 5 * mixer(self.ARCH, kernels=True).saved(self.ARCH, 1, 4096)
        assert mixer(MAMBA, kernels=True) is mixer(MAMBA)

    def test_checkpointed_they_need_as_much_once(self):
        """What the forward pass of a mixer needs at once, with nothing kept; and it is said whose rule that is."""
        run = self.RUN.evolve(gradient_checkpointing=True, batch_size=8)
        assert estimate(run).total_bytes < estimate(run.evolve(gradient_checkpointing=False)).total_bytes
        inner, channels, projected = 16 * 64, 16 * 64 + 2 * 4 * 64, 2 * 16 * 64 + 2 * 4 * 64 + 16
        states = 2 * 8 * (4096 // 128) * 4 * inner * 64
        peak = 8 * 4096 * (2 * (projected + 2 * channels + 2 * inner) + 4 * 4 * 128 + 8 * 16) + states
        assert mixer(self.ARCH, kernels=True).forward_peak(self.ARCH, 8, 4096, 2) == peak
        sources = [explain(scenario)[MomentName.BACKWARD][Component.ACTIVATIONS].source for scenario in (run, run.evolve(sharding="fsdp2"))]
        assert "Megatron" in sources[0]
        assert "plain PyTorch" in sources[1]

    def test_tensor_parallelism_divides_what_is_kept(self):
        one, four = (estimate(self.RUN.evolve(tensor_parallel_size=size)).devices[0] for size in (1, 4))
        states = [device.moments[-1].stack.optimizer for device in (one, four)]
        assert states[0] / 4 < states[1] < 1.02 * states[0] / 4
        whole = self.RUN.architecture
        kept = [mixer(arch, kernels=True).saved(arch, 1, 4096) for arch in (whole, part_of(whole, Parallelism(tensor_parallel_size=4)))]
        assert kept[0] == 4 * kept[1]

    def test_stages_hold_their_layers(self):
        staged = self.RUN.evolve(pipeline_parallel_size=2, num_microbatches=4, data_parallel_size=2)
        found = estimate(staged).devices
        values = [device.moments[0].stack.weights for device in found]
        assert sum(values) == pytest.approx(2 * parameter_count(self.ARCH), rel=0.001)
        assert found[0].total_bytes > 0

    def test_layers_may_be_divided_by_tokens(self):
        """Norms of each block, not two of every layer."""
        split = self.RUN.evolve(tensor_parallel_size=4)
        whole, divided = (estimate(split.evolve(sequence_parallel=by_tokens)).devices[0] for by_tokens in (False, True))
        forward = [next(moment.stack for moment in device.moments if moment.name is MomentName.FORWARD) for device in (whole, divided)]
        norms = 4096 * (2 * (2 * 512) + 4) * 8
        assert forward[0].activations - forward[1].activations == pytest.approx(norms * 3 / 4, rel=0.02)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"tensor_parallel_size": 8}, Reason.TENSOR_PARALLEL_HEADS),
            ({"tensor_parallel_size": 4, "context_parallel_size": 8}, Reason.CONTEXT_PARALLEL_HEADS),
            ({"tensor_parallel_size": 2, "sharding": "fsdp2"}, Reason.MIXER_SPLIT),
            ({"pipeline_parallel_size": 8, "num_microbatches": 8}, Reason.SEVERAL_GPUS),
            ({"architecture": FALCON_H1, "tensor_parallel_size": 2}, Reason.MIXER_SPLIT),
            ({"architecture": QWEN3_NEXT, "pipeline_parallel_size": 2}, Reason.MIXER_SPLIT),
            ({"method": "lora", "tensor_parallel_size": 2}, Reason.MIXER_SPLIT),
        ],
        ids=str,
    )
    def test_what_it_does_not_run(self, changes, reason):
        refused = refusal(self.RUN.evolve(**changes))
        assert refused is not None
        assert refused.reason is reason
        again = refusal(reconcile(self.RUN.evolve(**changes)))
        assert again is None

    def test_a_group_is_not_repeated(self):
        """As engines do it."""
        refused = refusal(self.RUN.evolve(architecture=NEMOTRON_H, tensor_parallel_size=4))
        assert refused is not None
        assert refused.reason is Reason.TENSOR_PARALLEL_HEADS
