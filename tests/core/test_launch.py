"""Command lines: what is written is read back as the same run, and what people have lying about is understood."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.hf_config import Note
from core.launch import CannotSayError, Launcher, read_line, write_line
from core.memory import (
    Format,
    Method,
    Offload,
    Optimizer,
    Recipe,
    Recompute,
    Runtime,
    Scenario,
    Sharding,
    Task,
    architecture_from_parameter_count,
)
from core.memory.parallel import ONE_GPU
from core.opened import open_text
from core.scenario_file import ScenarioFileError
from core.spread_config import whole

ARCHITECTURE = replace(architecture_from_parameter_count(70 * 10**9), num_hidden_layers=80)
TRAINING = Scenario(architecture=ARCHITECTURE, task=Task.TRAINING, recipe=Recipe.MIXED, context_length=8192)
SERVING = Scenario(architecture=ARCHITECTURE, context_length=8192)


def round_trip(scenario: Scenario, launcher: Launcher) -> Scenario:
    """Written, read, and applied to a run that has nothing of it."""
    found = read_line(write_line(scenario, launcher, "model"))
    assert found is not None
    assert found.launcher is launcher
    assert found.unknown == ()
    blank = scenario.evolve(parallel=ONE_GPU, gradient_checkpointing=False)
    return blank.evolve(**found.changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data_parallel_size": 8},
        {"data_parallel_size": 8, "sharding": Sharding.MEGATRON, "num_microbatches": 4, "batch_size": 2},
        {"data_parallel_size": 8, "sharding": Sharding.MEGATRON, "mtp_num_layers": 2},
        {"data_parallel_size": 8, "sharding": Sharding.MEGATRON, "fp8_linears": True},
        {"tensor_parallel_size": 8, "sequence_parallel": True, "pipeline_parallel_size": 4, "num_microbatches": 16},
        {"pipeline_parallel_size": 4, "virtual_pipeline_parallel_size": 2, "num_microbatches": 8},
        {"context_parallel_size": 4, "data_parallel_size": 16, "gpus_per_node": 16},
        {"pipeline_parallel_size": 4, "layers_per_stage": (19, 21, 21, 19)},
        {"pipeline_parallel_size": 2, "layers_per_stage": (38, 42)},
        {"recompute": Recompute.SELECTIVE},
        {"recompute": Recompute.MLP},
        {"recompute": Recompute.UNIFORM, "recompute_num_layers": 4},
        {"recompute": Recompute.BLOCK, "recompute_num_layers": 7},
        {"gradient_checkpointing": True},
        {"offload_optimizer": Offload.CPU, "offload_optimizer_percent": 50, "sharding": Sharding.MEGATRON, "data_parallel_size": 2},
        {"weights": Format.FP16},
        {"recipe": Recipe.FP32, "weights": Format.FP32},
        {"optimizer": Optimizer.SGD_MOMENTUM},
    ],
)
def test_megatron(changes: dict[str, Any]) -> None:
    scenario = TRAINING.evolve(**changes)
    assert round_trip(scenario, Launcher.MEGATRON) == scenario


def test_megatron_of_experts() -> None:
    experts = TRAINING.evolve(
        architecture={**asdict(ARCHITECTURE), "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 4096},
        data_parallel_size=8,
        expert_parallel_size=8,
        tensor_parallel_size=2,
        expert_tensor_parallel_size=1,
    )
    assert round_trip(experts, Launcher.MEGATRON) == experts


@given(
    tensor=st.sampled_from([1, 2, 4, 8]), stages=st.sampled_from([1, 2, 4]), replicas=st.integers(1, 64), steps=st.sampled_from([1, 4, 32])
)
def test_megatron_by_its_sizes(tensor: int, stages: int, replicas: int, steps: int) -> None:
    node = min(8, tensor * stages * replicas)
    if tensor * stages * replicas % node:
        return  # the last machine is not full: torchrun cannot say so
    scenario = TRAINING.evolve(
        tensor_parallel_size=tensor, pipeline_parallel_size=stages, data_parallel_size=replicas, num_microbatches=steps
    )
    assert round_trip(scenario, Launcher.MEGATRON) == scenario


@pytest.mark.parametrize(
    ("launcher", "changes"),
    [
        (Launcher.VLLM, {}),
        (Launcher.VLLM, {"tensor_parallel_size": 4, "pipeline_parallel_size": 2}),
        (Launcher.VLLM, {"data_parallel_size": 2, "tensor_parallel_size": 4, "max_num_seqs": 64, "max_num_batched_tokens": 16384}),
        (Launcher.VLLM, {"weights": Format.AWQ_INT4, "kv_cache": Format.FP8, "cuda_graphs": False}),
        (Launcher.VLLM, {"speculative_tokens": 2}),
        (Launcher.SGLANG, {"speculative_tokens": 3}),
        (Launcher.SGLANG, {"tensor_parallel_size": 8, "pipeline_parallel_size": 2}),
        (Launcher.SGLANG, {"weights": Format.FP8, "kv_cache": Format.FP8, "cuda_graphs": False}),
        (Launcher.LLAMA_CPP, {"weights": Format.Q4_K_M, "batch_size": 4, "ubatch_size": 1024, "n_gpu_layers": 33, "n_cpu_moe": 5}),
        (
            Launcher.LLAMA_CPP,
            {"weights": Format.Q8_0, "kv_cache": Format.Q8_0, "pipeline_parallel_size": 3, "layers_per_stage": (30, 30, 20)},
        ),
        (Launcher.LLAMA_CPP, {"weights": Format.Q4_K_M, "tensor_parallel_size": 2}),
    ],
)
def test_engines(launcher: Launcher, changes: dict[str, Any]) -> None:
    scenario = SERVING.evolve(runtime=Runtime(launcher.value), **changes)
    assert round_trip(scenario, launcher) == scenario


def test_experts_are_shared_by_all_gpus_of_a_vllm() -> None:
    found = read_line(
        "vllm serve deepseek-ai/DeepSeek-V3 -tp 8 --enable-expert-parallel --max-model-len=32768 --gpu-memory-utilization 0.9"
    )
    assert found is not None
    assert found.model_name == "deepseek-ai/DeepSeek-V3"
    assert found.changes["expert_parallel_size"] == found.changes["tensor_parallel_size"] == 8
    assert found.changes["context_length"] == 32768
    assert found.unknown == ("--gpu-memory-utilization",)


@pytest.mark.parametrize(
    ("line", "drafts", "unknown"),
    [
        ("""vllm serve M --speculative-config '{"method":"deepseek_mtp","num_speculative_tokens":1}'""", 1, ()),
        ("vllm serve M --speculative-config.method mtp --speculative-config.num_speculative_tokens 2", 2, ()),
        ("""vllm serve M --speculative-config '{"method":"ngram","num_speculative_tokens":4}'""", 0, ("--speculative-config",)),
        (
            """vllm serve M -sc '{"method":"mtp","model":"another","num_speculative_tokens":4}'""",
            0,
            ("--speculative-config",),
        ),
        ("vllm serve M --speculative-config '{{['", 0, ("--speculative-config",)),
        ("vllm serve M --speculative-config 7", 0, ("--speculative-config",)),
        (f"vllm serve M --speculative-config '{'[' * 5000}'", 0, ("--speculative-config",)),
        ("python -m sglang.launch_server --model M --speculative-algo EAGLE", 3, ()),
        ("python -m sglang.launch_server --model M --speculative-algorithm nextn --speculative-num-steps 1", 1, ()),
        (
            "python -m sglang.launch_server --model M --speculative-algorithm EAGLE --speculative-draft-model-path D",
            0,
            ("--speculative-algorithm", "--speculative-draft-model-path"),
        ),
        (
            "python -m sglang.launch_server --model M --speculative-algorithm NEXTN --speculative-eagle-topk 4 "
            "--speculative-num-draft-tokens 8",
            0,
            ("--speculative-algorithm",),
        ),
    ],
)
def test_drafts_by_the_models_own_heads(line: str, drafts: int, unknown: tuple[str, ...]) -> None:
    found = read_line(line)
    assert found is not None
    assert (found.changes["speculative_tokens"], found.unknown) == (drafts, unknown)


def test_lines_as_people_write_them() -> None:
    llama = read_line("./llama-server -m /models/Qwen3-8B-Q4_K_M.gguf -c 16384 -np 2 -ngl 99 \\\n  --tensor-split 3,1 -fa on")
    assert llama is not None
    assert (llama.changes["batch_size"], llama.changes["context_length"]) == (2, 8192)
    assert llama.changes["layers_per_stage"] == (3, 1)
    assert llama.changes["weights"] is Format.Q4_K_M
    assert llama.model_name == "Qwen3-8B"
    sglang = read_line("python3 -m sglang.launch_server --model-path Qwen/Qwen3-32B --tp 4")
    assert sglang is not None
    assert sglang.changes["tensor_parallel_size"] == 4


def test_numbers_as_vllm_reads_them() -> None:
    for text, tokens in (("128k", 128_000), ("128K", 131_072), ("1M", 2**20), ("131072", 131_072)):
        found = read_line(f"vllm serve some/model --max-model-len {text}")
        assert found is not None
        assert found.changes["context_length"] == tokens
    odd = read_line("vllm serve some/model --max-model-len long --max-num-seqs 99999 -tp x")
    assert odd is not None
    assert odd.unknown == ("--max-model-len", "--max-num-seqs", "-tp")


def test_replicas_that_share_experts_are_sglangs_data_parallel_attention() -> None:
    line = "python -m sglang.launch_server --model-path m --tp 8 --dp 8 --enable-dp-attention --ep 8"
    found = read_line(line)
    assert found is not None
    sizes = [found.changes[f"{name}_parallel_size"] for name in ("tensor", "data", "expert")]
    assert (sizes, found.unknown) == ([1, 8, 8], ())
    alone = read_line(line.removesuffix(" --ep 8"))
    assert alone is not None
    sizes = [alone.changes[f"{name}_parallel_size"] for name in ("tensor", "data", "expert")]
    assert (sizes, alone.unknown) == ([8, 1, 1], ("--enable-dp-attention",))


@pytest.mark.parametrize(
    ("options", "changes", "unknown"),
    [
        ("-ngl all -ts 3,1", {"n_gpu_layers": 10**5, "pipeline_parallel_size": 2, "layers_per_stage": (3, 1)}, ()),
        ("-ts 0.43,0.57", {"layers_per_stage": (754, 1000)}, ()),
        ("-ts 1,1 -sm row", {"tensor_parallel_size": 2, "layers_per_stage": ()}, ()),
        ("-ts 1,1 -sm tensor", {"tensor_parallel_size": 1, "pipeline_parallel_size": 1}, ("--split-mode",)),
        ("-ts 0,0", {"pipeline_parallel_size": 1}, ()),
        ("-ot exps=CPU", {"n_cpu_moe": 10**5}, ()),
        (r"-ot '\.ffn_.*_exps\.=CPU'", {"n_cpu_moe": 10**5}, ()),
        (r"-ot 'blk\.(1[0-9])\.ffn_.*_exps\.=CPU'", {"n_cpu_moe": 0}, ("--override-tensor",)),
        (r"-ot '\.ffn_.*_exps\.=CUDA1'", {"n_cpu_moe": 0}, ("--override-tensor",)),
        ("-fa off -ctk q5_1 -ctv q5_1", {"attention": "eager", "kv_cache": Format.Q5_1}, ()),
    ],
)
def test_options_of_llama_cpp(options: str, changes: dict[str, Any], unknown: tuple[str, ...]) -> None:
    found = read_line(f"llama-server -m model-q8_0.gguf {options}")
    assert found is not None
    assert {field: found.changes[field] for field in changes} == changes
    assert found.unknown == unknown


def test_megatrons_gradients_are_fp32_unless_it_is_told_otherwise() -> None:
    sharded = TRAINING.evolve(data_parallel_size=8, sharding=Sharding.MEGATRON)
    assert "--grad-reduce-in-bf16" not in write_line(sharded, Launcher.MEGATRON)
    narrow = sharded.evolve(fp32_gradients=False)
    assert "--bf16 --grad-reduce-in-bf16" in write_line(narrow, Launcher.MEGATRON)
    assert round_trip(narrow, Launcher.MEGATRON) == narrow
    assert "--grad-reduce-in-bf16" in write_line(TRAINING, Launcher.MEGATRON)
    half = write_line(sharded.evolve(weights=Format.FP16), Launcher.MEGATRON)
    assert "--fp16 --accumulate-allreduce-grads-in-fp32" in half


def test_a_line_of_megatron_says_what_the_model_is_made_of() -> None:
    line = write_line(TRAINING, Launcher.MEGATRON)
    for word in ("--swiglu", "--normalization RMSNorm", "--position-embedding-type rope", "--disable-bias-linear", "--kv-channels 128"):
        assert word in line
    shape = {**asdict(ARCHITECTURE), "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 4096}
    latent = {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128}
    deep = TRAINING.evolve(architecture=shape | latent | {"first_k_dense_replace": 3, "shared_expert_intermediate_size": 2048})
    line = write_line(deep, Launcher.MEGATRON)
    for word in ("--moe-ffn-hidden-size 4096", "--moe-layer-freq '([0]*3+[1]*77)'", "--multi-latent-attention --kv-lora-rank 512"):
        assert word in line
    assert round_trip(deep, Launcher.MEGATRON) == deep
    alternating = TRAINING.evolve(architecture=shape | {"expert_layer_period": 2})
    assert "--moe-layer-freq 2" in write_line(alternating, Launcher.MEGATRON)
    with pytest.raises(CannotSayError):
        write_line(TRAINING.evolve(architecture={**asdict(ARCHITECTURE), "parallel_residual": True}), Launcher.MEGATRON)


def test_vllm_in_a_container() -> None:
    found = read_line(
        "docker run --runtime nvidia -m 64g --gpus all -p 8000:8000 --ipc=host vllm/vllm-openai:v0.11.0 "
        "--model Qwen/Qwen3-32B --tensor-parallel-size 2 --max-model-len 32k"
    )
    assert found is not None
    assert (found.launcher, found.model_name, found.unknown) == (Launcher.VLLM, "Qwen/Qwen3-32B", ())
    assert (found.changes["tensor_parallel_size"], found.changes["context_length"]) == (2, 32_000)


def test_what_is_no_command_is_none() -> None:
    for text in ("", "hello there", "rm -rf /", "vllm 'unfinished", "x" * 30_000, '{"a": 1}'):
        assert read_line(text) is None


@given(st.text(max_size=200))
def test_any_words_after_a_command_are_survived(text: str) -> None:
    for start in ("vllm serve m ", "llama-server ", "python -m sglang.launch_server ", "torchrun pretrain_gpt.py "):
        read_line(start + text)


@pytest.mark.parametrize(
    ("scenario", "launcher"),
    [
        (SERVING, Launcher.MEGATRON),
        (TRAINING.evolve(method=Method.LORA), Launcher.MEGATRON),
        (TRAINING.evolve(data_parallel_size=8, sharding=Sharding.FSDP2), Launcher.MEGATRON),
        (TRAINING.evolve(recipe=Recipe.PURE16), Launcher.MEGATRON),
        (TRAINING.evolve(optimizer=Optimizer.ADAFACTOR), Launcher.MEGATRON),
        (TRAINING.evolve(recompute=Recompute.OPERATIONS), Launcher.MEGATRON),
        (TRAINING.evolve(offload_parameters=Offload.CPU), Launcher.MEGATRON),
        (TRAINING.evolve(pipeline_parallel_size=4, layers_per_stage=(10, 20, 30, 20)), Launcher.MEGATRON),
        (TRAINING, Launcher.VLLM),
        (SERVING.evolve(runtime=Runtime.VLLM, weights=Format.INT8), Launcher.VLLM),
        (SERVING.evolve(runtime=Runtime.VLLM, kv_cache=Format.INT4), Launcher.VLLM),
        (TRAINING.evolve(data_parallel_size=12, gpus_per_node=8), Launcher.MEGATRON),
        (TRAINING.evolve(pipeline_parallel_size=3, virtual_pipeline_parallel_size=2, num_microbatches=3), Launcher.MEGATRON),
        (SERVING, Launcher.LLAMA_CPP),
        (SERVING.evolve(runtime=Runtime.LLAMA_CPP, weights=Format.Q8_0, kv_cache=Format.FP8), Launcher.LLAMA_CPP),
    ],
)
def test_what_a_line_cannot_say_is_refused(scenario: Scenario, launcher: Launcher) -> None:
    with pytest.raises(CannotSayError):
        write_line(scenario, launcher)


def test_sizes_that_contradict_each_other_are_told_not_guessed() -> None:
    with pytest.raises(ScenarioFileError, match="do not go together: expert_parallel_size"):
        open_text(b"torchrun --nproc-per-node 2 pretrain_gpt.py --expert-model-parallel-size 64", TRAINING, "pasted")


def test_a_pasted_command_is_the_run_it_starts() -> None:
    found = open_text(b"vllm serve some/model --max-model-len 16384 --foo 3", SERVING, "pasted")
    assert (found.scenario.runtime, found.scenario.context_length) == (Runtime.VLLM, 16384)
    assert [note for note, _ in found.notes] == [Note.MODEL_UNKNOWN, Note.UNKNOWN_KEYS]


def test_a_number_with_what_is_no_space_to_int_is_one_all_the_same():
    """``str.strip`` takes separators of records away, which ``int`` stumbles over."""
    assert whole("4\x1f", 0, 10) == 4
    assert whole("\x1f", 0, 10) is None
    assert whole("4\x1f4", 0, 100) is None
