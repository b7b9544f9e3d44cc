"""Published runs on several GPUs: how they were spread, and what of it was stated."""

import json
from pathlib import Path

import pytest

from core.evidence import score_files
from core.evidence.parallel_runs import context_beyond, framework_of, parallel_fields, stated_device, sum_over
from core.evidence.published import predict, scenario_of
from core.evidence.records import UnsupportedError
from core.memory import estimate
from core.memory.runtime import CUDA_CONTEXT_BYTES, EAGER_CUDA_CONTEXT_BYTES

RECORD = {
    "id": "x",
    "task": "training",
    "model": {"name": "x", "n_params": 6738415616, "hidden": 4096, "layers": 32, "heads": 32, "intermediate": 11008, "vocab": 32000},
    "run": {"framework": "torchtitan", "method": "full", "micro_batch": 1, "seq": 2048, "weight_dtype": "bf16"},
    "hardware": {"n_gpus": 8, "dp": 8},
    "measured": {"component": "total", "bytes": 10**10, "quantity": "torch_peak_allocated"},
}


def record(run=None, hardware=None, measured=None, note=None) -> dict:
    changed = {name: RECORD[name] | (changes or {}) for name, changes in (("run", run), ("hardware", hardware), ("measured", measured))}
    return RECORD | changed | {"note": note}


@pytest.mark.parametrize(
    ("stated", "sharding"),
    [
        (None, "none"),
        ("ddp (NO_SHARD)", "none"),
        ("fsdp full_shard (BACKWARD_PRE)", "fsdp"),
        ("fsdp2", "fsdp2"),
        ("SHARD_GRAD_OP fsdp", "fsdp-grad-op"),
        ("zero3", "zero3"),
        ("sharding stage2 (zero2) x8", "zero2"),
        ("stage1 x1", "zero1"),
        ("ZeRO-3", "zero3"),
        ("ZeRO stage 2", "zero2"),
        ("HSDP", "fsdp2-hybrid"),
        ("hybrid_shard", "fsdp-hybrid"),
        ("dist. opt.", "megatron"),
        ("distributed optimizer (assumed)", "megatron"),
    ],
)
def test_ways_of_sharding_by_their_names(stated, sharding):
    assert parallel_fields(record(hardware={"zero_stage/fsdp": stated}))["sharding"] == sharding


def test_megatron_calls_its_own_zero1():
    found = parallel_fields(record(run={"framework": "ms-swift Megatron"}, hardware={"zero_stage/fsdp": "zero1"}))
    assert (found["sharding"], found["fp32_gradients"]) == ("megatron", True)
    narrow = parallel_fields(record(run={"framework": "megatron", "weight_dtype": "bf16, FP8 compute"}))
    assert narrow["fp32_gradients"] is False
    scaled = scenario_of(record(run={"framework": "megatron", "weight_dtype": "bf16 params, FP8 current-scaling compute"}))
    assert scaled.parallel.fp8_linears
    experts = parallel_fields(record(run={"framework": "NeMo"}, hardware={"ep": 4}))
    assert (experts["expert_parallel_size"], experts["expert_tensor_parallel_size"], experts["sharding"]) == (4, 1, "megatron")


def test_sizes_multiply_to_the_number_of_gpus():
    assert parallel_fields(record(hardware={"dp": None, "tp": 2, "n_gpus": 8}))["data_parallel_size"] == 4
    with pytest.raises(UnsupportedError, match="do not multiply"):
        parallel_fields(record(hardware={"dp": 4, "n_gpus": 6}))


@pytest.mark.parametrize(
    ("framework", "stated", "recompute"),
    [
        ("torchtitan", "full", {}),
        ("torchtitan", "selective", {"recompute": "operations"}),
        ("megatron-bridge", "selective", {"recompute": "selective"}),
        ("megatron-bridge", "selective: mlp, core_attn", {"recompute": "mlp"}),
        ("ms-swift Megatron", "full (uniform 1)", {}),
        ("megatron", "full (uniform 4)", {"recompute": "uniform", "recompute_num_layers": 4, "gradient_checkpointing": False}),
        ("megatron", "full, block 1", {"recompute": "block", "recompute_num_layers": 1, "gradient_checkpointing": False}),
    ],
)
def test_recomputation(framework, stated, recompute):
    found = parallel_fields(record(run={"grad_checkpointing": stated, "framework": framework}))
    assert {field: found[field] for field in ("recompute", "recompute_num_layers", "gradient_checkpointing") if field in found} == recompute


def test_what_only_the_remark_says():
    found = parallel_fields(record(note="VPP=5; local batch 32 = microbatches fed to PP", hardware={"dp": 1, "pp": 8}))
    assert (found["virtual_pipeline_parallel_size"], found["num_microbatches"]) == (5, 32)


@pytest.mark.parametrize(
    ("stated", "moved"), [("params", ("cpu", "cpu")), ("optimizer", (None, "cpu")), (None, (None, None)), ("activations", (None, None))]
)
def test_offload(stated, moved):
    found = parallel_fields(record(run={"cpu_offload": stated}))
    assert (found.get("offload_parameters"), found.get("offload_optimizer")) == moved


def test_the_gpu_that_was_stated():
    """Of the stage that is named, else the fullest; a sum is of all."""
    staged = record(hardware={"dp": 1, "pp": 8}, run={"grad_accum": 64, "framework": "PaddleNLP"}, note="stage 5 of 8; 1F1B")
    devices = estimate(scenario_of(staged)).devices
    assert stated_device(staged, devices).stage == 5
    assert stated_device(staged | {"note": None}, devices) == max(devices, key=lambda device: device.total_bytes)
    assert stated_device(staged | {"note": "logged by the last rank"}, devices).stage == 7
    assert sum_over(record(measured={"per_gpu": False})) == 8
    assert sum_over(record()) == 1


def test_what_frameworks_do_only_on_several():
    def scenario(framework, **run):
        fsdp = {"zero_stage/fsdp": "fsdp"}
        return scenario_of(record(run={"framework": framework, **run}, hardware=fsdp, note="trainer bf16=True fp16="))

    lora = {"method": "lora", "lora_targets": ["q_proj"]}
    assert scenario("fms-hf-tuning").recipe == "mixed"
    assert scenario("fms-hf-tuning", **lora).autocast
    assert scenario("litgpt", **lora).parallel.sharding == "fsdp-grad-op"
    assert scenario("fsdp_qlora", **lora).parallel.fsdp_activation_checkpointing
    assert scenario("ColossalChat").transformers_release == "before-4.45"
    assert scenario("deepspeed").recipe == "mixed"
    assert scenario("torchtitan").parallel.sync_each_batch


def test_torchtitan_compiles_its_loss_since_2025():
    compiled = record(run={"chunked_loss/liger": "torch.compile"}, hardware={"zero_stage/fsdp": "fsdp2"})
    assert scenario_of(compiled | {"source": "llama3_h100_202412_torchtitan.md"}).loss == "plain"
    assert scenario_of(compiled | {"source": "llama3-8b_h200_202506_somewhere.md"}).loss == "fused"
    assert scenario_of(compiled).fused_mlp


@pytest.mark.parametrize(
    ("note", "pieces", "layers", "batch"),
    [
        ("1F1B; local batch 32 = microbatches (microbatch size not stated)", 1, (15, 16, 16, 16, 16, 16, 16, 15), 4),
        ("Interleaved 1F1B; local batch 8 = microbatches (microbatch size not stated)", 2, (15, 16, 16, 16, 16, 16, 16, 15), 1),
    ],
)
def test_torchtitan_divides_a_batch_by_its_pipeline(note, pieces, layers, batch):
    """Unless told otherwise; 7 or 8 layers to each of two pieces, 15 or 16 to a whole."""
    run = record(hardware={"n_gpus": 8, "dp": 1, "pp": 8, "zero_stage/fsdp": "fsdp2"}, note=note)
    found = scenario_of(run | {"model": RECORD["model"] | {"layers": 126, "n_params": 25762451456}})
    assert found.batch_size == batch
    assert found.parallel.num_microbatches == 8
    assert found.parallel.virtual_pipeline_parallel_size == pieces
    assert found.parallel.layers_per_stage == layers
    stated = scenario_of(record(hardware={"n_gpus": 8, "dp": 2, "pp": 4}, note="local batch 16 = microbatches of one"))
    assert (stated.batch_size, stated.parallel.num_microbatches) == (1, 16)


def test_a_length_that_is_only_an_upper_bound_says_nothing():
    with pytest.raises(UnsupportedError, match="shorter"):
        scenario_of(record(note="alpaca: real lengths < 2048"))


def test_runs_are_grouped_by_framework():
    assert framework_of(record(run={"framework": "deepspeed 0.11.1 (FlagPerf)"})) == "deepspeed"
    assert framework_of({"run": {}}) == "?"


def test_shipped_measurements_of_training_on_several_gpus():
    """Totals a GPU: median within 7 %, 95 of 100 within 25 %, nine of ten supported; stages of a pipeline in order and within 10 %."""
    path = Path(__file__).parents[3] / "resources" / "evidence" / "training.jsonl"
    rows = [row for row in score_files([path]) if row.kind == "training total, several GPUs"]
    errors = sorted(abs(row.error_pct) for row in rows if row.supported)
    assert len(errors) >= 0.9 * len(rows) > 150
    assert errors[len(errors) // 2] <= 7
    assert errors[int(0.95 * len(errors))] <= 25
    records = {each["id"]: each for each in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    staged = [row for row in rows if "stage" in str(records[row.id].get("note")) and row.supported]
    assert len(staged) == 8
    assert all(abs(row.error_pct) < 10 for row in staged)
    for of_one_run in (staged[:4], staged[4:]):
        by_size = sorted(of_one_run, key=lambda row: row.predicted_bytes)
        assert by_size == sorted(of_one_run, key=lambda row: row.measured_bytes)


def test_a_driver_that_loads_every_kernel_takes_more():
    old, new = record(run={"framework": "PaddleNLP (FlagPerf)"}), record(run={"framework": "deepspeed"})
    assert context_beyond(old) == EAGER_CUDA_CONTEXT_BYTES - CUDA_CONTEXT_BYTES > 0 == context_beyond(new)
    process = {"component": "total", "bytes": 1, "quantity": "process_memory", "per_gpu": True}
    found = predict(record(run={"framework": "PaddleNLP (FlagPerf)"}, measured=process))
    alone = estimate(scenario_of(record(run={"framework": "PaddleNLP (FlagPerf)"})))
    assert found.predicted_bytes == max(device.total_bytes for device in alone.devices) + context_beyond(old)
