"""What must hold of every way to spread a training run over GPUs."""

from any_scenario import architectures, logarithmic
from hypothesis import assume, given
from hypothesis import strategies as st

from core.memory import (
    Component,
    Recipe,
    Scenario,
    Sharding,
    estimate,
    peak_bytes,
    reconcile,
    refusal,
)
from core.memory.explain import explain
from core.memory.parallel import Offload, Parallelism, Recompute

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
