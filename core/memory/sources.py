"""Where each formula is from: what was read, and what it was measured against."""

from core.memory.components import Component
from core.memory.scenario import Estimator, Method, Optimizer, Runtime, Scenario, Task

_TENSORS = "tensors tracked through transformers 5.23 on torch 2.13"
_ARTICLE = "the article's table: bytes per parameter, nothing else"

_EVERYWHERE = {
    Component.WEIGHTS: f"the model's config.json and the format's layout; {_TENSORS}",
    Component.INPUTS: "token ids are int64 (torch); labels too in training",
    Component.RUNTIME: "bare CUDA contexts published for PyTorch 2: 256 MiB (RTX 3090) to 520 MiB (H100)",
    Component.COMMUNICATION: "buffers of the collectives (NCCL)",
    Component.RESERVE: "torch's caching allocator; peaks, levels and nvidia-smi of 16 fine-tunes (fms-acceleration benchmarks, A100 80 GB)",
}
_INFERENCE = {
    Component.KV_CACHE: "transformers' DynamicCache: keys and values of every layer, the window of those that slide",
    Component.ACTIVATIONS: f"modelling code of transformers; {_TENSORS}",
    Component.LOGITS: "the head's output for the positions that generate() keeps (transformers)",
    Component.WORKSPACE: "scores of eager attention, masks, torch.cat of a growing cache, one dequantized matrix",
}
_ENGINES = {
    Component.WEIGHTS: "vLLM's fused layers and rotary table; published logs of loaded models (Llama-3.1-8B, gpt-oss-20b)",
    Component.KV_CACHE: "cache blocks of vLLM (16 tokens) and SGLang (1): every layer's keys and values in whole blocks",
    Component.ACTIVATIONS: "the largest step of max_num_batched_tokens (vLLM's determine_available_memory)",
    Component.LOGITS: "the sampler over max_num_seqs rows: 38 bytes a logit in published profile runs of four models",
    Component.WORKSPACE: "CUDA graphs: pools published for Qwen3-0.6B and an 8B model; one dequantized matrix",
    Component.INPUTS: "token ids, positions and slots of the largest step, int64 each",
    Component.RUNTIME: "bare CUDA context, and what seven logs of vLLM state as not torch's (0.12 GiB at the median)",
}
_TRAINING = {
    Component.GRADIENTS: "torch.autograd: one value a trained parameter, in its width",
    Component.OPTIMIZER: "states of torch.optim; master weights as DeepSpeed and apex keep them",
    Component.ACTIVATIONS: f"what autograd saves for the backward pass; {_TENSORS} and peft 0.21",
    Component.LOGITS: "ForCausalLMLoss of transformers: fp32 logits and their log-softmax",
    Component.WORKSPACE: "temporaries of the instant that needs most: backward of an MLP or attention, or torch's foreach optimizer",
}
_PAGED = "bitsandbytes: states of 8 bits with an fp32 maximum a block, tensors below 4,096 values in fp32"
_ADAPTERS = "PEFT: adapters are fp32 beside a 16-bit base; their gradients and states too"


def source_of(scenario: Scenario, component: Component) -> str:
    """The source of the formula of ``component`` in a run like ``scenario``, in English."""
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return _ARTICLE
    training = scenario.task is Task.TRAINING
    if component is Component.OPTIMIZER and scenario.optimizer is Optimizer.ADAMW8BIT:
        return _PAGED
    if component in (Component.GRADIENTS, Component.OPTIMIZER) and scenario.method is not Method.FULL:
        return _ADAPTERS
    engine = scenario.runtime is not Runtime.TRANSFORMERS
    of_task = _TRAINING if training else _ENGINES if engine else _INFERENCE
    return of_task.get(component) or _EVERYWHERE[component]
