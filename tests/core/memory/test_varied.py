"""Models whose layers differ in shape are sums, and largest ones, of models whose layers are alike."""

from dataclasses import replace
from typing import ClassVar

import pytest
from any_scenario import SHAPE, VARIED, runnable
from hypothesis import given
from hypothesis import strategies as st

from core.memory import Architecture, Attention, Format, Method, Recipe, Runtime, Scenario, Task, estimate, parameter_count, reconcile
from core.memory.division import part_of, with_layers
from core.memory.edge import from_json, to_json
from core.memory.gguf import file_bytes, layers_bytes
from core.memory.inference import decode_cache_bytes, kv_cache_bytes
from core.memory.layer_run import Block, LayerRun
from core.memory.llama_cpp import cache_bytes
from core.memory.lora import adapter_parameters
from core.memory.numerics import numerics
from core.memory.parallel import Parallelism
from core.memory.parameters import factored_parameters, largest_layer_parameters, layer_parameters, outside_parameters
from core.memory.saved import saved
from core.memory.varied import kv_sources, ordered, shapes, sliced, with_runs, within
from core.memory.weights import weight_bytes

BASE = Architecture(**SHAPE | {"num_key_value_heads": 8})
NARROW = {"num_attention_heads": 16, "num_key_value_heads": 4, "intermediate_size": 5504}


def mixed(*counts: int) -> Architecture:
    """As many wide and narrow layers as ``counts`` say, in turn."""
    return with_runs(BASE, [LayerRun(layers=layers, **NARROW if place % 2 else {}) for place, layers in enumerate(counts)])


def uniform(layers: int, **sizes: int) -> Architecture:
    return replace(BASE, num_hidden_layers=layers, **sizes)


class TestMaking:
    def test_alike_runs_are_no_runs(self):
        assert with_runs(BASE, [LayerRun(layers=30), LayerRun(layers=2, num_key_value_heads=8)]) == BASE

    def test_the_sizes_are_those_of_the_largest_layer(self):
        arch = with_runs(BASE, [LayerRun(layers=2, **NARROW), LayerRun(layers=1, intermediate_size=99)])
        assert (arch.num_hidden_layers, arch.num_attention_heads, arch.intermediate_size) == (3, 32, 5504)

    def test_of_nothing_is_refused(self):
        with pytest.raises(ValueError, match="no layer"):
            with_runs(BASE, [])

    def test_alike_shapes_count_once(self):
        arch = mixed(2, 3, 4, 5)
        assert [(shape.num_hidden_layers, shape.num_attention_heads) for shape in shapes(arch)] == [(6, 32), (8, 16)]
        assert [shape.num_hidden_layers for shape in ordered(arch)] == [2, 3, 4, 5]
        assert shapes(arch) is shapes(arch)
        assert shapes(BASE) == ordered(BASE) == (BASE,)

    def test_first_dense_layers_fall_to_their_runs(self):
        with_experts = replace(BASE, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=512, first_k_dense_replace=3)
        arch = with_runs(with_experts, [LayerRun(layers=2), LayerRun(layers=4, **NARROW), LayerRun(layers=1)])
        assert [shape.num_moe_layers for shape in ordered(arch)] == [0, 3, 1]
        assert arch.num_moe_layers == sum(shape.num_moe_layers for shape in shapes(arch)) == 4

    def test_is_kept_in_json(self):
        for arch in VARIED:
            scenario = Scenario(architecture=arch)
            assert from_json(Scenario, to_json(scenario)) == scenario

    @pytest.mark.parametrize(
        ("changes", "what"),
        [
            ({"num_hidden_layers": 31}, "add up.*num_hidden_layers 31"),
            ({"num_kv_shared_layers": 1}, "num_kv_shared_layers"),
            ({"kv_lora_rank": 64, "qk_nope_head_dim": 64, "qk_rope_head_dim": 64, "v_head_dim": 64}, "kv_lora_rank 64"),
        ],
    )
    def test_what_does_not_add_up_is_refused(self, changes, what):
        with pytest.raises(ValueError, match=what):
            replace(mixed(16, 16), **changes)

    @pytest.mark.parametrize(
        ("run", "what"),
        [
            (LayerRun(layers=1, num_attention_heads=6, num_key_value_heads=4), "multiple"),
            (LayerRun(layers=1, attention=Block.NONE, kv_shared=True), "shares keys"),
        ],
    )
    def test_impossible_layers_are_refused(self, run, what):
        with pytest.raises(ValueError, match=what):
            with_runs(BASE, [LayerRun(layers=1), run])

    def test_one_norm_cannot_stand_before_half_a_layer(self):
        with pytest.raises(ValueError, match="its norm is for both"):
            with_runs(replace(BASE, single_norm=True), [LayerRun(layers=1), LayerRun(layers=1, mlp=Block.NONE)])

    def test_without_runs_no_layer_shares_keys(self):
        with pytest.raises(ValueError, match="add up"):
            replace(BASE, num_kv_shared_layers=1)


class TestAdditivity:
    """Every layer counts as in a model of such layers alone."""

    wide, narrow = uniform(5), uniform(7, **NARROW)
    both = mixed(2, 7, 3)

    def of_both(self, of) -> int:
        return of(self.wide) + of(self.narrow)

    def test_parameters(self):
        outside = outside_parameters(BASE)
        assert parameter_count(self.both) - outside == self.of_both(parameter_count) - 2 * outside
        assert largest_layer_parameters(self.both) == largest_layer_parameters(self.wide)

    @pytest.mark.parametrize("fmt", [Format.BF16, Format.INT8, Format.NF4])
    def test_weights(self, fmt):
        empty = weight_bytes(uniform(2), fmt) - (weight_bytes(uniform(3), fmt) - weight_bytes(uniform(2), fmt)) * 2
        assert weight_bytes(self.both, fmt) == self.of_both(lambda arch: weight_bytes(arch, fmt)) - empty

    def test_factored_moments(self):
        outside = 3 * factored_parameters(uniform(2)) - 2 * factored_parameters(uniform(3))
        assert factored_parameters(self.both) == self.of_both(factored_parameters) - outside

    @pytest.mark.parametrize("fmt", [Format.BF16, Format.Q8_0, Format.INT4])
    def test_caches(self, fmt):
        for of in (kv_cache_bytes, decode_cache_bytes):
            assert of(Scenario(architecture=self.both, kv_cache=fmt), 4096) == self.of_both(
                lambda arch, of=of: of(Scenario(architecture=arch, kv_cache=fmt), 4096)
            )

    def test_adapters(self):
        assert adapter_parameters(Scenario(architecture=self.both)) == self.of_both(
            lambda arch: adapter_parameters(Scenario(architecture=arch))
        )

    @pytest.mark.parametrize("method", Method)
    @pytest.mark.parametrize("attention", Attention)
    @pytest.mark.parametrize("changes", [{}, {"autocast": True, "recipe": Recipe.AMP, "weights": Format.FP32}], ids=["16-bit", "autocast"])
    def test_what_is_kept_for_backward(self, method, attention, changes):
        def kept(arch: Architecture):
            scenario = Scenario(
                architecture=arch, task=Task.TRAINING, method=method, attention=attention, context_length=512, lora_dropout=True, **changes
            )
            return saved(scenario, numerics(scenario))

        all_kept = kept(self.both)
        # The first layer of adapters does without a part; by itself the narrow one does too.
        less = kept(uniform(1, **NARROW)).layer - kept(uniform(1, **NARROW)).layers
        assert all_kept.layers == self.of_both(lambda arch: kept(arch).layers) + less
        assert all_kept.layer == kept(self.wide).layer

    def test_llama_cpp(self):
        def served(arch: Architecture) -> Scenario:
            return Scenario(architecture=arch, runtime=Runtime.LLAMA_CPP, weights=Format.Q8_0)

        assert cache_bytes(served(self.both)) == self.of_both(lambda arch: cache_bytes(served(arch)))
        outside = 4 * BASE.hidden_size
        assert layers_bytes(self.both, Format.Q8_0) == self.of_both(lambda arch: layers_bytes(arch, Format.Q8_0)) - outside
        every = [served(self.both).evolve(n_gpu_layers=layers) for layers in range(13)]
        weights = [estimate(scenario).moments[0].stack.weights for scenario in every]
        assert weights == sorted(weights)

    def test_gpus_of_llama_cpp_have_their_own_layers(self):
        scenario = Scenario(architecture=self.both, runtime=Runtime.LLAMA_CPP, weights=Format.Q8_0)
        found = estimate(scenario.evolve(pipeline_parallel_size=3)).devices
        assert sum(device.alike * device.moments[-1].stack.kv_cache for device in found) == cache_bytes(scenario)

    def test_stages_have_what_the_model_has(self):
        parts = [with_layers(self.both, first, 4) for first in (0, 4, 8)]
        outside = outside_parameters(BASE)
        assert sum(parameter_count(part) - outside for part in parts) == parameter_count(self.both) - outside
        assert [part.layer_runs == () for part in parts] == [False, True, False]
        assert [(shape.num_attention_heads, count) for shape, count in within(self.both, 1, 10)] == [(32, 1), (16, 7), (32, 1)]

    def test_tensor_parallelism_divides_every_layer(self):
        part = part_of(self.both, Parallelism(tensor_parallel_size=4))
        assert [(shape.num_attention_heads, shape.num_key_value_heads, shape.intermediate_size) for shape in shapes(part)] == [
            (8, 2, 2752),
            (4, 1, 1376),
        ]


class TestBlocks:
    def test_layers_without_attention_cache_nothing(self):
        arch = with_runs(BASE, [LayerRun(layers=20), LayerRun(layers=12, attention=Block.NONE)])
        assert kv_cache_bytes(Scenario(architecture=arch), 100) == kv_cache_bytes(Scenario(architecture=uniform(20)), 100)

    def test_parameters_of_halves_make_whole_layers(self):
        halves = with_runs(BASE, [LayerRun(layers=32, attention=Block.NONE), LayerRun(layers=32, mlp=Block.NONE)])
        assert parameter_count(halves) == parameter_count(BASE)

    def test_one_matrix_in_the_place_of_attention(self):
        linear, none = (with_runs(BASE, [LayerRun(layers=32, attention=block)]) for block in (Block.LINEAR, Block.NONE))
        assert parameter_count(linear) - parameter_count(none) == 32 * (4096**2 + 4096)
        assert layer_parameters(shapes(linear)[0]) == (parameter_count(linear) - outside_parameters(BASE)) // 32

    def test_empty_layers_are_free(self):
        arch = with_runs(BASE, [LayerRun(layers=32), LayerRun(layers=8, attention=Block.NONE, mlp=Block.NONE)])
        for checkpointing in (False, True):
            runs = [Scenario(architecture=each, task=Task.TRAINING, gradient_checkpointing=checkpointing) for each in (arch, BASE)]
            one, other = (estimate(run).moments for run in runs)
            assert [moment.stack.activations for moment in one] == [moment.stack.activations for moment in other]

    def test_halves_keep_what_whole_layers_keep(self):
        halves = with_runs(BASE, [LayerRun(layers=32, attention=Block.NONE), LayerRun(layers=32, mlp=Block.NONE)])
        for changes in ({}, {"method": Method.LORA}, {"recipe": Recipe.AMP, "weights": Format.FP32}):
            kept = []
            for arch in (halves, BASE):
                scenario = Scenario(architecture=arch, task=Task.TRAINING, context_length=256, **changes)
                kept.append(saved(scenario, numerics(scenario)))
            assert kept[0].layers == kept[1].layers or changes.get("method") is Method.LORA
            assert kept[0].layers <= kept[1].layers

    EXPERTS: ClassVar = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 512}

    @pytest.mark.parametrize("base", [BASE, replace(BASE, **EXPERTS)], ids=["plain", "experts"])
    @pytest.mark.parametrize("fused", [False, True])
    def test_halves_of_every_kind(self, base, fused):
        """Adapters and fused kernels, experts or not: halves keep what whole layers keep, but for an output that both halves share."""
        halves = with_runs(base, [LayerRun(layers=32, attention=Block.NONE), LayerRun(layers=32, mlp=Block.NONE)])
        changes = {"fused_kernels": True} if fused else {"method": Method.QLORA, "keep_linear_inputs": True, "weights": Format.NF4}
        scenarios = [Scenario(architecture=arch, task=Task.TRAINING, context_length=256, **changes) for arch in (halves, base)]
        one, other = (saved(scenario, numerics(scenario)) for scenario in scenarios)
        assert other.layers - other.layer <= one.layers <= other.layers


class TestSharedKeys:
    shared = with_runs(BASE, [LayerRun(layers=1), LayerRun(layers=1, kv_shared=True)] * 16)

    def test_have_no_projections_and_no_cache(self):
        assert parameter_count(BASE) - parameter_count(self.shared) == 16 * 2 * 4096 * 1024
        assert 2 * kv_cache_bytes(Scenario(architecture=self.shared), 10) == kv_cache_bytes(Scenario(architecture=BASE), 10)

    def test_sources_are_the_nearest_of_their_kind(self):
        arch = VARIED[1]
        assert len(kv_sources(self.shared)) == 16
        assert [(source.num_sliding_layers > 0, source.head_dim) for source in kv_sources(arch)] == [(True, 128), (False, 256)]
        assert kv_sources(sliced(arch, 16, 8)) == ()
        between = with_runs(BASE, [LayerRun(layers=2), LayerRun(layers=1, attention=Block.NONE), LayerRun(layers=1, kv_shared=True)])
        assert [source.num_hidden_layers for source in kv_sources(between)] == [2]

    def test_are_kept_once_for_backward(self):
        scenarios = [Scenario(architecture=arch, task=Task.TRAINING, context_length=512) for arch in (BASE, self.shared)]
        every, shared = (saved(scenario, numerics(scenario)).layers for scenario in scenarios)
        assert every - shared == 16 * 4 * 1024 * 512

    def test_are_handed_on_under_checkpointing(self):
        scenarios = [
            Scenario(architecture=arch, task=Task.TRAINING, context_length=512, gradient_checkpointing=True) for arch in (BASE, self.shared)
        ]
        every, shared = (saved(scenario, numerics(scenario)).layers for scenario in scenarios)
        assert shared - every == 16 * 4 * 1024 * 512


class TestGrowth:
    """No moment shrinks when layers become larger."""

    @given(
        runnable,
        st.sampled_from(["num_attention_heads", "num_key_value_heads", "intermediate_size", "layers"]),
        st.integers(0, 2),
    )
    def test_with_every_size(self, scenario, size, place):
        runs = [
            LayerRun(layers=4, num_attention_heads=8, num_key_value_heads=2, intermediate_size=256 * (number + 1)) for number in range(3)
        ]
        larger = [replace(run, **{size: 2 * getattr(run, size)}) if number == place else run for number, run in enumerate(runs)]
        base = replace(BASE, hidden_size=1024)
        less, more = (reconcile(replace(scenario, architecture=with_runs(base, each))) for each in (runs, larger))
        pairs = list(zip(estimate(less).moments, estimate(more).moments, strict=True))
        assert all(before.total_bytes <= after.total_bytes for before, after in pairs), pairs

    @given(runnable)
    def test_no_layer_makes_it_larger_than_all_as_large(self, scenario):
        arch = mixed(4, 28)
        one, all_wide = (reconcile(replace(scenario, architecture=each)) for each in (arch, BASE))
        assert estimate(one).total_bytes <= estimate(all_wide).total_bytes


class TestFiles:
    def test_by_layer(self):
        arch = mixed(16, 16)
        for file in (Format.Q4_K_M, Format.Q8_0, Format.Q2_K):
            assert layers_bytes(arch, file, 4) < layers_bytes(arch, file) < file_bytes(arch, file) < file_bytes(BASE, file)
