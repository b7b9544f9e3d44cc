"""Heads that predict tokens ahead (multi-token prediction): what one is made of, and who loads it.

A head is two norms, over the hidden states of what is before it and over the embedding of the token after; one matrix that makes one vector
of both, 2h x h; a whole layer like the model's last ones; and a norm before the output matrix. Embedding and output matrix are the model's:
checkpoints may hold copies of them, no runtime keeps two.

Sources: DeepSeek-V3's report (2.2) and its README_WEIGHTS.md (11.5 B values of its own, without 0.9 B each of the shared matrices);
vLLM 0.33 (models/deepseek_mtp.py, glm4_moe_mtp.py, qwen3_next_mtp.py, ernie_mtp.py; v1/spec_decode/llm_base_proposer.py shares the
matrices); SGLang 0.5.23 (models/deepseek_nextn.py, speculative/eagle_worker_v2.py); Megatron-Core 0.16
(transformer/multi_token_prediction.py). transformers ignores their tensors when it loads a model
(``_keys_to_ignore_on_load_unexpected``); llama.cpp steps over them (``TENSOR_SKIP``), or loads them for ``--spec-type draft-mtp`` alone,
which is not modelled. Symbols: h hidden size.
"""

from dataclasses import replace

from core.memory.architecture import Architecture
from core.memory.parallel import Sharding
from core.memory.parameters import linear_parameters, norm_parameters, vector_parameters
from core.memory.scenario import Method, Objective, Runtime, Scenario, Task


def with_prediction_layers(arch: Architecture, heads: int) -> Architecture:
    """``arch`` with the layers of ``heads`` behind its own: attention, and the experts or the MLP that its last layers have."""
    if not heads:
        return arch
    plain = heads if arch.nextn_plain_mlp else 0
    return replace(
        arch,
        num_hidden_layers=arch.num_hidden_layers + heads,
        first_k_dense_replace=arch.first_k_dense_replace + plain,
        file_format=None,
        file_bytes=0,
    )


def projection_parameters(arch: Architecture) -> int:
    """Values of the matrix of one head that makes one vector of two, 2h*h; not divided between GPUs, nor quantized."""
    return 2 * arch.hidden_size * arch.hidden_size


def head_norm_parameters(arch: Architecture) -> int:
    """Values of one head's three norms beside those of its layer."""
    return 3 * norm_parameters(arch, arch.hidden_size)


def prediction_parameters(arch: Architecture, heads: int) -> int:
    """Values of ``heads``, counted apart from the model's; without embedding and output matrix, which are the model's. 0 where their
    layers are not modelled.
    """
    if not heads or not has_whole_layers(arch):
        return 0
    more = with_prediction_layers(arch, heads)
    layers = linear_parameters(more) + vector_parameters(more) - linear_parameters(arch) - vector_parameters(arch)
    return layers + heads * (projection_parameters(arch) + head_norm_parameters(arch))


def has_whole_layers(arch: Architecture) -> bool:
    """Whether a head's layer is like any of the model's: where those are single blocks it is several of them (Nemotron 3), and of layers
    that differ in shape none says which.
    """
    return not (arch.num_layers_without_mlp or arch.layer_runs)


def drafted_tokens(scenario: Scenario) -> int:
    """Tokens that an engine drafts in each step: none by a model without heads."""
    return scenario.speculative_tokens if scenario.architecture.num_nextn_predict_layers else 0


def loaded_heads(scenario: Scenario) -> int:
    """How many heads an engine loads: with speculative decoding all that the model has, SGLang the first."""
    if not scenario.speculative_tokens:
        return 0
    heads = scenario.architecture.num_nextn_predict_layers
    return min(1, heads) if scenario.runtime is Runtime.SGLANG else heads


def trained_heads(scenario: Scenario) -> int:
    """How many heads are trained with the model: of the frameworks here Megatron alone does, and all weights, on the next token."""
    heads = scenario.mtp_num_layers
    by_megatron = scenario.task is Task.TRAINING and scenario.method is Method.FULL and scenario.parallel.sharding is Sharding.MEGATRON
    return heads if heads and by_megatron and scenario.objective is Objective.NEXT_TOKEN else 0


def verified_rows(scenario: Scenario) -> int:
    """Rows of logits of the largest step: one a sequence, and where drafts are verified one for each of them too, a token of the step."""
    rows, drafts = scenario.max_num_seqs, drafted_tokens(scenario)
    return max(rows, min(scenario.max_num_batched_tokens, rows * (1 + drafts))) if drafts else rows
