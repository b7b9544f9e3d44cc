"""Every run that a program's file or command can say is written, opened again, and the same run; over the whole valid space."""

from dataclasses import fields, replace
from typing import Any

import pytest
from any_scenario import PRESET_LIKE, SHAPE, logarithmic
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.choices import settled
from core.launch import CannotSayError, Launcher, write_line
from core.memory import ONE_GPU, Architecture, Format, Method, Optimizer, Recipe, Scenario, Sharding, estimate, refusal
from core.memory.division import layers_of_stages
from core.memory.parallel import PARALLEL_FIELDS, Offload, Parallelism, Recompute
from core.opened import open_text
from core.trainer_config import Trainer
from core.trainer_export import NoSuchFieldError, export

MOE = Architecture(**SHAPE | {"num_key_value_heads": 8, "num_experts": 16, "num_experts_per_tok": 2, "moe_intermediate_size": 1024})
sizes = st.sampled_from([1, 2, 3, 4, 8, 16])
places, rarely = st.sampled_from(Offload), st.sampled_from([False, False, False, True])
OF_ANY = {
    "data_parallel_size": sizes,
    "num_microbatches": st.sampled_from([1, 2, 8, 24]),
    "gpus_per_node": st.sampled_from([4, 8]),
    "interconnect": st.sampled_from(["nvlink", "pcie"]),
    "fp32_gradients": st.sampled_from([None, False, True]),
    "offload_optimizer_percent": st.sampled_from([100, 100, 35]),
    "recompute": st.sampled_from(Recompute),
    "recompute_num_layers": st.sampled_from([1, 3]),
}
WAYS = {
    Trainer.DEEPSPEED: st.builds(
        Parallelism,
        **OF_ANY,
        sharding=st.sampled_from([Sharding.NONE, Sharding.ZERO1, Sharding.ZERO2, Sharding.ZERO3]),
        offload_parameters=places,
        offload_optimizer=places,
        reduce_bucket_size=st.sampled_from([500_000_000, 2 * 10**8]),
        stage3_max_live_parameters=st.sampled_from([10**9, 5 * 10**8]),
        overlap_comm=st.booleans(),
    ),
    Trainer.ACCELERATE: st.builds(
        Parallelism,
        **OF_ANY | {"offload_optimizer_percent": st.just(100)},
        tensor_parallel_size=st.sampled_from([1, 1, 2]),
        context_parallel_size=st.sampled_from([1, 1, 2]),
        sharding=st.sampled_from([sharding for sharding in Sharding if sharding is not Sharding.MEGATRON]),
        shard_group_size=st.sampled_from([0, 2, 4, 8]),
        offload_parameters=places,
        offload_optimizer=places,
        offload_activations=st.sampled_from([Offload.NONE, Offload.NONE, Offload.CPU]),
        forward_prefetch=rarely,
        limit_all_gathers=rarely.map(lambda rare: not rare),
    ),
    Launcher.MEGATRON: st.builds(
        Parallelism,
        **OF_ANY,
        tensor_parallel_size=st.sampled_from([1, 2, 4]),
        pipeline_parallel_size=st.sampled_from([1, 1, 2, 3, 4]),
        context_parallel_size=st.sampled_from([1, 1, 2]),
        virtual_pipeline_parallel_size=st.sampled_from([1, 1, 2]),
        sequence_parallel=st.booleans(),
        sharding=st.sampled_from([Sharding.NONE, Sharding.MEGATRON, Sharding.MEGATRON]),
        fp8_linears=st.booleans(),
        offload_optimizer=st.sampled_from([Offload.NONE, Offload.CPU]),
    ).map(lambda spread: replace(spread, offload_optimizer=spread.offload_optimizer if spread.sharding == "megatron" else Offload.NONE)),
}


def with_experts(run: Scenario) -> Scenario:
    spread = run.parallel
    if spread.data_parallel_size % 2:
        return run
    return replace(run, architecture=MOE, parallel=replace(spread, expert_parallel_size=2, expert_tensor_parallel_size=1))


def of_training(program: Trainer | Launcher) -> st.SearchStrategy[Scenario]:
    of_megatron = program is Launcher.MEGATRON
    runs = st.builds(
        Scenario,
        architecture=st.sampled_from(PRESET_LIKE),
        task=st.just("training"),
        parallel=WAYS[program],
        batch_size=logarithmic(1, 64),
        context_length=logarithmic(128, 65_536),
        method=st.just("full") if of_megatron else st.sampled_from(["full", "full", "lora", "qlora"]),
        weights=st.sampled_from(["bf16", "fp16"]),
        recipe=st.sampled_from(["mixed", "mixed", "fp32"] if of_megatron else ["mixed", "mixed", "amp", "fp32"]),
        optimizer=st.sampled_from(["adamw", "adamw", "adam", "sgd-momentum"]),
        gradient_checkpointing=st.booleans(),
        autocast=st.booleans(),
    )
    runs = runs | runs.map(with_experts) if of_megatron else runs
    return runs.map(lambda run: settled(run.evolve())).filter(lambda run: _is_said_apart(run.parallel))


def _is_said_apart(spread: Parallelism) -> bool:
    """Accumulation at one GPU that holds everything has no number of micro-batches; hybrid sharding of one group is plain sharding."""
    alone = spread.world_size == 1 and spread.sharding is Sharding.NONE
    group = spread.shard_group_size or spread.gpus_per_node
    hybrid = "hybrid" in spread.sharding
    return not (alone and spread.num_microbatches > 1) and not (hybrid and spread.data_parallel_size <= group)


served = st.builds(
    Scenario,
    architecture=st.sampled_from([*PRESET_LIKE, MOE]),
    parallel=st.builds(
        Parallelism,
        data_parallel_size=sizes,
        tensor_parallel_size=sizes,
        pipeline_parallel_size=st.sampled_from([1, 2, 3, 4]),
        expert_parallel_size=st.just(1),
        gpus_per_node=st.sampled_from([4, 8]),
    ),
    runtime=st.sampled_from(["vllm", "sglang"]),
    weights=st.sampled_from(["bf16", "fp16", "fp32", "fp8", "fp8-block", "awq-int4", "gptq-int4", "gptq-int8", "nf4"]),
    kv_cache=st.sampled_from(["bf16", "fp8", "fp16"]),
    batch_size=logarithmic(1, 64),
    context_length=logarithmic(128, 10**6),
    max_num_batched_tokens=logarithmic(1, 65_536),
    max_num_seqs=logarithmic(1, 4096),
    cuda_graphs=st.booleans(),
)
everywhere = served.map(
    lambda run: replace(
        run,
        architecture=MOE,
        parallel=replace(run.parallel, expert_parallel_size=run.parallel.data_parallel_size * run.parallel.tensor_parallel_size),
    )
)
by_layers = st.lists(st.integers(1, 40), min_size=2, max_size=6).map(
    lambda layers: Parallelism(pipeline_parallel_size=len(layers), layers_per_stage=tuple(layers))
)
of_files = st.builds(
    Scenario,
    architecture=st.sampled_from([*PRESET_LIKE, MOE]),
    runtime=st.just("llama.cpp"),
    parallel=st.just(ONE_GPU)
    | by_layers
    | st.integers(2, 8).map(lambda count: Parallelism(pipeline_parallel_size=count))
    | st.integers(2, 8).map(lambda count: Parallelism(tensor_parallel_size=count)),
    weights=st.sampled_from(["q8_0", "q4_k_m", "iq3_xxs", "bf16", "fp16", "ggml-mxfp4"]),
    kv_cache=st.sampled_from(["bf16", "fp16", "fp32", "q8_0", "q4_0", "q5_1", "iq4_nl"]),
    batch_size=logarithmic(1, 64),
    context_length=logarithmic(128, 10**6),
    ubatch_size=st.sampled_from([128, 512, 4096]),
    n_gpu_layers=st.integers(0, 40) | st.just(10**5),
    n_cpu_moe=st.integers(0, 40),
    attention=st.sampled_from(["sdpa", "eager"]),
)

#: What each program's words are about at least: fields that a reading of them sets.
SAYS = {
    Trainer.DEEPSPEED: {"batch_size", "data_parallel_size", "sharding", "num_microbatches", "offload_optimizer", "offload_parameters"},
    Trainer.ACCELERATE: {"data_parallel_size", "sharding", "offload_optimizer", "offload_parameters"},
    Launcher.MEGATRON: {
        *("batch_size", "context_length", "data_parallel_size", "tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size"),
        *("expert_parallel_size", "sharding", "num_microbatches", "sequence_parallel", "recompute", "offload_optimizer", "recipe"),
    },
    Launcher.VLLM: {"context_length", "data_parallel_size", "tensor_parallel_size", "pipeline_parallel_size", "expert_parallel_size"},
    Launcher.SGLANG: {"context_length", "data_parallel_size", "tensor_parallel_size", "pipeline_parallel_size", "expert_parallel_size"},
    Launcher.LLAMA_CPP: {"batch_size", "context_length", "n_gpu_layers", "n_cpu_moe", "weights", "kv_cache", "pipeline_parallel_size"},
}


def written(scenario: Scenario, program: Trainer | Launcher) -> str | None:
    """None where the program has no words for it."""
    try:
        return write_line(scenario, program, "some/model") if isinstance(program, Launcher) else export(scenario, program)
    except (CannotSayError, NoSuchFieldError):
        return None


def blank(scenario: Scenario, said: set[str]) -> Scenario:
    """``scenario`` with the usual value of whatever is ``said``."""
    usual = Scenario(architecture=scenario.architecture)
    kept = {field.name: getattr(scenario if field.name not in said else usual, field.name) for field in fields(Scenario)}
    spread = {field: getattr(scenario.parallel, field) for field in PARALLEL_FIELDS - said}
    one = {name: getattr(ONE_GPU, name) for name in ("layers_per_stage", "gpus")}
    return Scenario(**kept | {"parallel": replace(ONE_GPU, **spread | one)})


def canonical(scenario: Scenario) -> Scenario:
    """What means the same is told the same way."""
    parallel = scenario.parallel
    even = len(set(layers_of_stages(scenario.architecture, replace(parallel, layers_per_stage=())))) <= 1
    layers = () if even and len(set(parallel.layers_per_stage)) <= 1 else layers_of_stages(scenario.architecture, parallel)
    group = parallel.shard_group_size
    offloaded = parallel.offload_optimizer is not Offload.NONE
    changes: dict[str, Any] = {
        "offload_optimizer_percent": parallel.offload_optimizer_percent if offloaded else 100,
        "recompute_num_layers": parallel.recompute_num_layers if parallel.recompute in (Recompute.UNIFORM, Recompute.BLOCK) else 1,
        "layers_per_stage": layers if scenario.task == "training" else parallel.layers_per_stage,
        "shard_group_size": 0 if group == parallel.gpus_per_node else group,
        "fp32_gradients": parallel.reduces_in_fp32 if scenario.recipe is Recipe.MIXED and scenario.method is Method.FULL else None,
    }
    if not parallel.sharding.startswith("zero"):
        changes["overlap_comm"] = True
    if parallel.recompute is Recompute.UNIFORM and parallel.recompute_num_layers == 1:
        changes |= {"recompute": Recompute.NONE, "gradient_checkpointing": True}
    if scenario.gradient_checkpointing or changes.get("gradient_checkpointing"):
        changes |= {"recompute": Recompute.NONE, "recompute_num_layers": 1}
    if scenario.task == "inference" and len(set(parallel.layers_per_stage)) == 1:
        changes["layers_per_stage"] = ()
    if scenario.optimizer is Optimizer.ADAM:
        changes["optimizer"] = Optimizer.ADAMW
    if scenario.method is Method.FULL:
        changes["autocast"] = False
    if scenario.kv_cache is Format.FP16:
        changes["kv_cache"] = Format.BF16
    return scenario.evolve(**changes)


def comes_back(scenario: Scenario, program: Trainer | Launcher) -> bool:
    text = written(scenario, program)
    if text is None:
        return False
    told = open_text(text.encode(), blank(scenario, set()), "pasted").scenario
    said = SAYS[program] | {name for name in PARALLEL_FIELDS if getattr(told.parallel, name) != getattr(scenario.parallel, name)}
    found = open_text(text.encode(), blank(scenario, said), "pasted")
    assert [note for note, _ in found.notes if note.value != "model_unknown"] == []
    assert canonical(found.scenario) == canonical(scenario)
    mine, theirs = estimate(scenario), estimate(found.scenario)
    assert mine.devices == theirs.devices
    assert mine.host_bytes == theirs.host_bytes
    return True


SEARCH = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@pytest.mark.parametrize("program", WAYS)
def test_training(program):
    @SEARCH
    @given(of_training(program))
    def comes_back_the_same(run):
        assume(refusal(run) is None)
        assume(comes_back(run, program))

    comes_back_the_same()


@SEARCH
@given(served | everywhere)
def test_engines(run):
    run = run.evolve()
    assume(refusal(run) is None)
    assume(comes_back(run, Launcher(run.runtime.value)))


@SEARCH
@given(of_files)
def test_llama_cpp(run):
    run = run.evolve()
    assume(refusal(run) is None)
    assert comes_back(run, Launcher.LLAMA_CPP)
