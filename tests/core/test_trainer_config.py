"""Configurations of trainers, read and written."""

import json
from pathlib import Path

import pytest
import yaml
from header_files import AXOLOTL, DEEPSPEED
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.hf_config import Note
from core.catalogue.models import load_models
from core.choices import settled
from core.cli import main
from core.memory import Format, Method, Offload, Optimizer, Recipe, Scenario, Sharding, Task, estimate
from core.memory.family import architecture_from_parameter_count
from core.memory.scenario import ALL_LINEAR, Gradients, Loss, Objective, OptimizerImplementation
from core.opened import open_text
from core.trainer_config import Trainer, parse_trainer_config
from core.trainer_export import NoSuchFieldError, export


@pytest.fixture(scope="module")
def models():
    return load_models(Path(__file__).resolve().parents[2] / "resources" / "models.json")


BEFORE = Scenario(architecture=architecture_from_parameter_count(7 * 10**9))
SPREADABLE = BEFORE.evolve(task=Task.TRAINING, recipe=Recipe.MIXED)

LLAMA_FACTORY = b"""
model_name_or_path: Qwen/Qwen2.5-7B-Instruct
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 8
lora_target: q_proj,v_proj
template: qwen
cutoff_len: 4096
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
bf16: true
enable_liger_kernel: true
deepspeed: ds_z3.json
"""


def opened(data: bytes, models=()):
    found = open_text(data, BEFORE, "pasted", models=models)
    estimate(found.scenario)  # it is a run
    return found


def test_axolotl(models):
    scenario, _, notes, _ = opened(AXOLOTL, models)
    assert scenario.architecture.name == "Llama-3.1-8B"
    assert (scenario.task, scenario.method, scenario.weights) == (Task.TRAINING, Method.QLORA, Format.NF4)
    assert (scenario.context_length, scenario.batch_size, scenario.lora_r) == (2048, 2, 32)
    assert scenario.lora_target_modules == ALL_LINEAR
    assert scenario.optimizer is Optimizer.PAGED_ADAMW8BIT
    assert (scenario.gradient_checkpointing, scenario.lora_dropout, scenario.varying_lengths) == (True, True, False)
    assert scenario.gradients is Gradients.ACCUMULATED
    assert notes == ((Note.UNKNOWN_KEYS, "magic_option"),)


def test_llama_factory(models):
    scenario, _, notes, _ = opened(LLAMA_FACTORY, models)
    assert scenario.architecture.name == "Qwen2.5-7B"
    assert (scenario.method, scenario.weights, scenario.autocast) == (Method.LORA, Format.BF16, True)
    assert scenario.lora_target_modules == ("q_proj", "v_proj")
    assert (scenario.loss, scenario.fused_kernels, scenario.gradient_checkpointing) == (Loss.FUSED_LINEAR, True, True)
    assert [note for note, _ in notes] == [Note.ONE_GPU]


def test_llama_factory_full_keeps_fp32_weights_unless_pure():
    base = b"model_name_or_path: a/b\nstage: sft\nfinetuning_type: full\n"
    assert opened(base + b"bf16: true\n").scenario.recipe is Recipe.AMP
    assert opened(base + b"pure_bf16: true\n").scenario.recipe is Recipe.PURE16
    assert opened(base).notes[0] == (Note.MODEL_UNKNOWN, "a/b")


def test_deepspeed():
    scenario, _, notes, _ = opened(json.dumps(DEEPSPEED).encode())
    assert (scenario.batch_size, scenario.recipe, scenario.weights) == (4, Recipe.MIXED, Format.BF16)
    assert (scenario.parallel.sharding, scenario.parallel.offload_optimizer) == (Sharding.ZERO3, Offload.CPU)
    assert [note for note, _ in notes] == [Note.UNKNOWN_KEYS]


def test_accelerate():
    scenario, _, notes, _ = opened(
        b"compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nmixed_precision: bf16\nnum_processes: 8\n"
    )
    assert scenario.recipe is Recipe.AMP
    assert scenario.parallel.data_parallel_size == 8
    assert notes == ()
    assert opened(b"compute_environment: LOCAL_MACHINE\nmixed_precision: 'no'\n").scenario.recipe is Recipe.FP32


SPREAD = {
    "replicas": {"data_parallel_size": 8},
    "ZeRO-1": {"data_parallel_size": 8, "sharding": Sharding.ZERO1},
    "ZeRO-3, two machines": {"data_parallel_size": 16, "sharding": Sharding.ZERO3, "num_microbatches": 4},
    "offload": {
        "data_parallel_size": 2,
        "sharding": Sharding.ZERO3,
        "offload_optimizer": Offload.CPU,
        "offload_parameters": Offload.CPU,
    },
}


@pytest.mark.parametrize("name", [*SPREAD, "buckets", "NVMe"])
def test_deepspeed_is_read_as_it_was_written(name):
    more = {
        "buckets": {"data_parallel_size": 4, "sharding": Sharding.ZERO2, "reduce_bucket_size": 10**8},
        "NVMe": {"data_parallel_size": 4, "sharding": Sharding.ZERO3, "offload_optimizer": Offload.NVME},
    }
    written = SPREADABLE.evolve(**(SPREAD | more)[name])
    found = parse_trainer_config(export(written, Trainer.DEEPSPEED).encode())
    assert found.notes == ()
    assert SPREADABLE.evolve(**found.changes).parallel == written.parallel


@pytest.mark.parametrize("name", [*SPREAD, "FSDP", "FSDP1", "hybrid", "tensor", "offload with FSDP"])
def test_accelerate_is_read_as_it_was_written(name):
    more = {
        "FSDP": {"data_parallel_size": 8, "sharding": Sharding.FSDP2},
        "FSDP1": {"data_parallel_size": 8, "sharding": Sharding.FSDP_GRAD_OP, "forward_prefetch": True},
        "hybrid": {"data_parallel_size": 16, "sharding": Sharding.FSDP2_HYBRID, "shard_group_size": 4},
        "tensor": {"data_parallel_size": 2, "tensor_parallel_size": 4, "sharding": Sharding.FSDP2},
        "offload with FSDP": {
            "data_parallel_size": 8,
            "sharding": Sharding.FSDP2,
            "offload_optimizer": Offload.CPU,
            "offload_parameters": Offload.CPU,
        },
    }
    recipe = Recipe.AMP if name == "replicas" else Recipe.MIXED
    written = SPREADABLE.evolve(**(SPREAD | more)[name], recipe=recipe)
    found = parse_trainer_config(export(written, Trainer.ACCELERATE).encode())
    assert found.notes == ()
    assert SPREADABLE.evolve(**found.changes).parallel == written.parallel


@pytest.mark.parametrize(
    ("trainer", "changes"),
    [
        (Trainer.DEEPSPEED, {"data_parallel_size": 8, "sharding": Sharding.FSDP2}),
        (Trainer.DEEPSPEED, {"tensor_parallel_size": 2}),
        (Trainer.ACCELERATE, {"pipeline_parallel_size": 2}),
        (Trainer.ACCELERATE, {"data_parallel_size": 2, "tensor_parallel_size": 2, "recipe": Recipe.AMP}),
        (Trainer.ACCELERATE, {"data_parallel_size": 2, "tensor_parallel_size": 2, "sharding": Sharding.FSDP}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.FSDP2, "limit_all_gathers": False}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.FSDP2, "forward_prefetch": True}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.FSDP2, "offload_activations": Offload.CPU}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.ZERO3, "offload_activations": Offload.CPU}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.ZERO2, "reduce_bucket_size": 10**8}),
        (Trainer.ACCELERATE, {"data_parallel_size": 16, "sharding": Sharding.FSDP_HYBRID, "shard_group_size": 4}),
        (Trainer.ACCELERATE, {"data_parallel_size": 12, "sharding": Sharding.FSDP2_HYBRID, "shard_group_size": 8, "gpus_per_node": 12}),
        (Trainer.ACCELERATE, {"data_parallel_size": 12, "sharding": Sharding.FSDP2}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "recipe": Recipe.MIXED}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.FSDP2, "recipe": Recipe.PURE16}),
        (Trainer.DEEPSPEED, {"recipe": Recipe.AMP}),
        (Trainer.DEEPSPEED, {"optimizer": Optimizer.ADAMW8BIT}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.MEGATRON}),
        (Trainer.ACCELERATE, {"offload_optimizer": Offload.CPU}),
        (Trainer.ACCELERATE, {"data_parallel_size": 8, "sharding": Sharding.FSDP2, "offload_optimizer": Offload.CPU}),
    ],
)
def test_a_spread_that_a_file_cannot_say_is_refused(trainer, changes):
    with pytest.raises(NoSuchFieldError):
        export(SPREADABLE.evolve(**changes), trainer)


def test_a_disk_has_a_path_and_what_overlaps_is_said():
    """DeepSpeed asks for nvme_path; overlap_comm is off unless it is said, but in stage 3."""
    on_disk = SPREADABLE.evolve(
        data_parallel_size=4, sharding=Sharding.ZERO3, offload_optimizer=Offload.NVME, offload_parameters=Offload.NVME
    )
    zero = json.loads(export(on_disk, Trainer.DEEPSPEED))["zero_optimization"]
    assert zero["offload_optimizer"]["nvme_path"] == zero["offload_param"]["nvme_path"]
    assert zero["overlap_comm"] is True
    assert "offload_param_nvme_path" in export(on_disk, Trainer.ACCELERATE)
    for stage, text, overlaps in (
        (2, "", False),
        (3, "", True),
        (2, ', "overlap_comm": true', True),
        (3, ', "overlap_comm": false', False),
    ):
        found = parse_trainer_config(b'{"train_batch_size": 8, "zero_optimization": {"stage": %d%s}}' % (stage, text.encode()))
        assert found.changes["overlap_comm"] is overlaps


def test_adapters_stay_adapters_where_a_file_leaves_the_method_open():
    before = SPREADABLE.evolve(method=Method.QLORA, weights=Format.NF4, data_parallel_size=2, sharding=Sharding.FSDP, autocast=True)
    found = open_text(export(before, Trainer.ACCELERATE).encode(), before.evolve(data_parallel_size=1, sharding="none"), "pasted")
    assert found.scenario == before
    zero = before.evolve(sharding=Sharding.ZERO3)
    assert open_text(export(zero, Trainer.DEEPSPEED).encode(), before, "pasted").scenario == zero


def test_hostile_sections_are_survived():
    for section in ("[]", "5", '{"stage": "x", "reduce_bucket_size": -1, "offload_param": 3, "q": {}}', '{"stage": 99}'):
        assert parse_trainer_config(b'{"train_batch_size": "auto", "zero_optimization": %s}' % section.encode()) is not None
    for section in ("fsdp_config: 7", "fsdp_config: {fsdp_version: x}", "parallelism_config: [1]", "deepspeed_config: {zero_stage: 9}"):
        for kind in ("FSDP", "DEEPSPEED", "TPU"):
            assert parse_trainer_config(f"distributed_type: {kind}\nnum_processes: many\n{section}".encode()) is not None


@pytest.mark.parametrize(
    ("line", "note"),
    [
        (b"adapter: ia3", "ia3"),
        (b"optimizer: muon", "muon"),
        (b"rl: grpo", "rl grpo"),
        (b"sequence_len: 7.5", "sequence_len"),
        (b"micro_batch_size: -1", "micro_batch_size"),
    ],
)
def test_what_is_not_modelled_is_named(line, note):
    found = parse_trainer_config(b"base_model: a/b\n" + line)
    assert any(kind is Note.NOT_MODELLED and note in detail for kind, detail in found.notes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[",
        b"- a",
        b"a: b",
        b"base_model: [",
        b"base_model: &a b\nx: *a",
        b"base_model: !!python/object/apply:os.system ['true']",
        b"[" * 100_000,
        b"a: " * 5000,
        b"\xff\xfe\x00",
        b'{"zero_optimization": ' + b"[" * 5000,
    ],
)
def test_what_is_no_configuration_is_none_and_runs_nothing(data):
    assert parse_trainer_config(data) is None


@given(
    st.dictionaries(
        st.sampled_from([line.partition(b":")[0].decode() for line in AXOLOTL.split(b"\n") if line]),
        st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.none()),
    )
)
def test_values_of_any_kind_are_taken_or_named(values):
    assert parse_trainer_config(yaml.safe_dump({**values, "base_model": "a/b"}).encode()) is not None


TRAINING = BEFORE.evolve(task=Task.TRAINING, context_length=2048)
RUNS = {
    "full": settled(TRAINING.evolve(recipe=Recipe.PURE16, gradient_checkpointing=True, batch_size=3)),
    "fused step": settled(TRAINING.evolve(recipe=Recipe.PURE16, optimizer_implementation=OptimizerImplementation.FUSED)),
    "lora": settled(TRAINING.evolve(method=Method.LORA, autocast=True, lora_r=8, lora_dropout=True, varying_lengths=True)),
    "dpo": settled(TRAINING.evolve(recipe=Recipe.PURE16, objective=Objective.DPO, precomputed_reference=True)),
    "kto": settled(TRAINING.evolve(method=Method.LORA, autocast=True, objective=Objective.KTO)),
    "orpo": settled(TRAINING.evolve(recipe=Recipe.PURE16, objective=Objective.ORPO)),
    "qlora": settled(
        TRAINING.evolve(method=Method.QLORA, weights=Format.NF4, autocast=True, optimizer=Optimizer.PAGED_ADAMW8BIT, loss=Loss.FUSED_LINEAR)
    ),
}


@pytest.mark.parametrize("run", RUNS)
def test_what_axolotl_is_given_comes_back(run):
    scenario = RUNS[run]
    back = opened(export(scenario, Trainer.AXOLOTL).encode())
    assert back.scenario == scenario
    assert [note for note, _ in back.notes] == [Note.MODEL_UNKNOWN]


@pytest.mark.parametrize("run", RUNS)
def test_what_llama_factory_is_given_comes_back(run):
    scenario = RUNS[run]
    back = opened(export(scenario, Trainer.LLAMA_FACTORY).encode()).scenario
    kept = (
        "method",
        "recipe",
        "batch_size",
        "context_length",
        "optimizer",
        "objective",
        "gradient_checkpointing",
        "lora_r",
        "lora_target_modules",
        "loss",
    )
    assert {name: getattr(back, name) for name in kept} == {name: getattr(scenario, name) for name in kept}


def test_deepspeed_and_accelerate_come_back():
    mixed = settled(TRAINING.evolve(recipe=Recipe.MIXED, batch_size=3, gradients=Gradients.ACCUMULATED))
    back = opened(export(mixed, Trainer.DEEPSPEED).encode()).scenario
    assert (back.batch_size, back.recipe, back.gradients) == (3, Recipe.MIXED, Gradients.ACCUMULATED)
    amp = settled(TRAINING.evolve(recipe=Recipe.AMP))
    assert opened(export(amp, Trainer.ACCELERATE).encode()).scenario.recipe is Recipe.AMP


def test_what_a_trainer_has_no_field_for_is_refused():
    with pytest.raises(NoSuchFieldError, match="training"):
        export(BEFORE, Trainer.AXOLOTL)
    for trainer in (Trainer.AXOLOTL, Trainer.LLAMA_FACTORY):
        with pytest.raises(NoSuchFieldError, match="mixed"):
            export(TRAINING, trainer)
        with pytest.raises(NoSuchFieldError, match="sgd-momentum"):
            export(RUNS["full"].evolve(optimizer=Optimizer.SGD_MOMENTUM), trainer)


def test_the_command_line_exports(capsys):
    assert main(["estimate", "--task", "training", "--method", "lora", "--export", "axolotl"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["adapter"] == "lora"
    assert main(["estimate", "--export", "axolotl"]) == 2
    assert "--export axolotl" in capsys.readouterr().err
