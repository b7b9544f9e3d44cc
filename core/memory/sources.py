"""Where each formula is from: what was read, and what it was measured against."""

from core.memory.architecture import Mixer
from core.memory.components import Component
from core.memory.parallel import Parallelism, Sharding
from core.memory.prediction import trained_heads
from core.memory.scenario import ENGINES, Estimator, Method, Objective, Optimizer, Runtime, Scenario, Task
from core.memory.sharding import DIVIDES_STATES, DIVIDES_WEIGHTS, FSDP

_TENSORS = "tensors tracked through transformers 5.23 on torch 2.13"
_ARTICLE = "the article's table: bytes per parameter, nothing else"

_EVERYWHERE = {
    Component.WEIGHTS: f"the model's config.json and the format's layout; {_TENSORS}",
    Component.INPUTS: "token ids are int64 (torch); labels too in training",
    Component.RUNTIME: "2 KiB for each thread that the card holds at once, by bare CUDA contexts published for PyTorch 2: "
    "256 MiB (RTX 3090) to 520 MiB (H100); 426 MiB where no card, or none of NVIDIA's, is chosen",
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
_LLAMA_CPP = {
    Component.WEIGHTS: "llama.cpp's quantizer (llama_tensor_get_type), met to 0.01 % by the sizes its README states for Llama-3.1-8B",
    Component.KV_CACHE: "llama.cpp's cache: keys and values of every cell, in ggml's blocks",
    Component.WORKSPACE: "llama.cpp's compute buffer: a micro-batch's logits, scores or widest layer, by 14 published logs",
}
_TRAINING = {
    Component.GRADIENTS: "torch.autograd: one value a trained parameter, in its width",
    Component.OPTIMIZER: "states of torch.optim; master weights as DeepSpeed and apex keep them",
    Component.ACTIVATIONS: f"what autograd saves for the backward pass; {_TENSORS} and peft 0.21",
    Component.LOGITS: "ForCausalLMLoss of transformers: fp32 logits and their log-softmax",
    Component.WORKSPACE: "temporaries of the instant that needs most: backward of an MLP or attention, or torch's foreach optimizer",
}
_PREFERENCES = {
    Component.WEIGHTS: f"the model's config.json and the format's layout, and the reference model's where TRL loads one; {_TENSORS}",
    Component.LOGITS: "losses of TRL 0.29 run with every storage tracked (torch 2.13); the fused head of TRL 1.16 by its code",
    Component.WORKSPACE: "temporaries of the instant that needs most: a layer of policy or reference model, or torch's foreach optimizer",
}
_SERVING = {
    Runtime.TRANSFORMERS: _INFERENCE,
    Runtime.VLLM: _ENGINES,
    Runtime.SGLANG: _ENGINES,
    Runtime.LLAMA_CPP: _LLAMA_CPP,
}
#: What is different on several GPUs, by what replicas divide.
_FSDP_UNITS = "torch's FSDP notes: the unit in hand and the next are gathered, the root's all the time; Mistral-7B on 2 and 4 A100"
_SPREAD = {
    Sharding.NONE: {
        Component.COMMUNICATION: "DDP's buckets: a copy of all gradients unless these are views of them (torch's DistributedDataParallel)",
    },
    Sharding.MEGATRON: {
        Component.GRADIENTS: "Megatron-Core's buffer of all gradients, there from the start (dist_optimizer.md: 6 + 12/d with bf16)",
        Component.OPTIMIZER: "Megatron-Core's distributed optimizer: master weights and states, 12/d bytes a parameter",
        Component.ACTIVATIONS: "Korthikanti et al.: 34sbh of a GPT layer, over t; here by the pieces of this model's",
    },
    Sharding.ZERO3: {
        Component.COMMUNICATION: "DeepSpeed's stage3.py: reduce bucket, live parameters; its estimator counts four times the largest layer",
        Component.WEIGHTS: "DeepSpeed's ZeRO-3: 2/N bytes a parameter",
    },
    Sharding.ZERO2: {
        Component.COMMUNICATION: "DeepSpeed's stage_1_and_2.py: two reduce buckets while gradients come; its estimator leaves them out",
        Component.GRADIENTS: "DeepSpeed's ZeRO-2: 2/N bytes a parameter; its estimator counts fp32 ones, 4P + 16P/N in all",
    },
    Sharding.ZERO1: {
        Component.COMMUNICATION: "DeepSpeed's stage_1_and_2.py: two reduce buckets while gradients come",
    },
}
_STATES = "DeepSpeed and FSDP: every replica keeps 1/N of master weights and states"
_NCCL = "bare CUDA context, and NCCL's own memory: 544 MB a group of two GPUs, 688 MB a larger one (A100)"

_PAGED = "bitsandbytes: states of 8 bits with an fp32 maximum a block, tensors below 4,096 values in fp32"
_ADAPTERS = "PEFT: adapters are fp32 beside a 16-bit base; their gradients and states too"


#: Of models with mixers that keep a state.
_MIXERS = {
    Component.KV_CACHE: "transformers' cache: keys and values of the layers with attention; of the others what their convolution keeps, "
    "and an fp32 state, the same for any length (modelling code of transformers 5.23, met to the byte)",
    Component.ACTIVATIONS: f"modelling code of transformers in plain PyTorch; {_TENSORS}. With the kernels of mamba-ssm, causal-conv1d or "
    "flash-linear-attention the layers with a state take far less, which was not measured",
}


#: Weights of models with heads that predict tokens ahead, by who runs them.
_HEADS_LEFT_OUT = {
    Runtime.TRANSFORMERS: "the model's config.json and the format's layout; transformers leaves out heads that predict tokens ahead "
    "(_keys_to_ignore_on_load_unexpected)",
    Runtime.VLLM: "vLLM's fused layers and rotary table; heads that predict tokens ahead are loaded for speculative decoding alone",
    Runtime.SGLANG: "vLLM's fused layers and rotary table; heads that predict tokens ahead are loaded for speculative decoding alone",
    Runtime.LLAMA_CPP: "llama.cpp's quantizer (llama_tensor_get_type); tensors of heads that predict tokens ahead are stepped over "
    "(TENSOR_SKIP), unless --spec-type draft-mtp asks for them, which is not modelled",
}
_DRAFTING = {
    Component.WEIGHTS: "vLLM's fused layers and rotary table; with each head that drafts its layer, a matrix 2h·h and three norms, "
    "while embedding and output matrix are shared (vLLM 0.33, SGLang 0.5.23)",
    Component.KV_CACHE: "cache blocks of every layer, those of the heads that draft among them; where layers keep states, one more "
    "for each token that is drafted (vLLM's MambaSpec)",
    Component.LOGITS: "a row of logits for each token that is drafted and one more: 38 bytes a logit in published profile runs, fp32 ones "
    "at most 1 GiB at once (vLLM's rejection_sampler.py)",
}
_TRAINED_HEADS = {
    Component.WEIGHTS: "Megatron-Core 0.16 (multi_token_prediction.py): with each head a layer, a matrix 2h·h and three norms on the last "
    "stage, which has the embedding too; read, not measured",
    Component.LOGITS: "Megatron-Core 0.16 (gpt_model.py): logits and a loss of the model and of each head; read, not measured",
}
#: Of models whose layers have inputs of their own (Gemma 3n, Gemma 4), by who runs them.
_LAYER_INPUTS = {
    Runtime.TRANSFORMERS: {
        Component.WEIGHTS: "the model's config.json and the format's layout, a second table of embeddings for all layers with them; "
        "tensors tracked through transformers 5.24 on torch 2.13",
        Component.KV_CACHE: "transformers' DynamicCache: keys and values of the layers that make their own, the window of those that slide",
        Component.ACTIVATIONS: "modelling code of Gemma 3n and Gemma 4, with what goes into every layer; tensors tracked through "
        "transformers 5.24 on torch 2.13",
    },
    Runtime.LLAMA_CPP: {
        Component.WEIGHTS: "llama.cpp's quantizer (llama_tensor_get_type); the table of what each token puts into each layer stays with "
        "the host (llama-arch.cpp). ggml-org's files of Gemma 3n and Gemma 4 are met to 0.04 %",
        Component.WORKSPACE: "llama.cpp's compute buffer: its graph's widest layer and what goes into every layer; no log of these "
        "models was met",
    },
}
#: With kernels of their own.
_TRAINED_BY_KERNELS = (
    "Megatron-Core's Mamba mixer on mamba-ssm's kernel: what its code saves for the backward pass, and makes again in it; not measured"
)

_SERVED_WINDOWS = {
    Runtime.VLLM: "vLLM's hybrid cache: layers with and without a window in groups of one size, a block of 16 tokens alike in all; what "
    "no window reaches is given back (SlidingWindowSpec). A log of Gemma 4 in vLLM 0.21 agrees, as far as it goes",
}
_SERVED_MIXERS = {
    Runtime.VLLM: "vLLM's pages of hybrid models: blocks of attention no smaller than a layer's state, one of each group of mixers "
    "for a sequence (HybridAttentionMambaModelConfig; block sizes of logs for Qwen3-Next and Qwen3.5 are met)",
    Runtime.SGLANG: "SGLang's MambaPool: five slots a running sequence and one for padding, beside keys and values of the layers with "
    "attention; pools logged for two sizes of Qwen3.5 are met",
    Runtime.LLAMA_CPP: "llama.cpp's recurrent memory: what a convolution looks back on, and the state, fp32 both, for each sequence, "
    "beside keys and values of the layers with attention; logs of Qwen3.5 and Nemotron 3 are met to the byte",
}


def trains_by_kernels(scenario: Scenario) -> bool:
    """Whether mixers are trained with kernels whose rules are known, as Megatron-Core does."""
    kernels = scenario.fused_kernels or scenario.parallel.sharding is Sharding.MEGATRON
    return kernels and scenario.architecture.mixer is Mixer.MAMBA2


def source_of(scenario: Scenario, component: Component) -> str:
    """The source of the formula of ``component`` in a run like ``scenario``, in English."""
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return _ARTICLE
    training = scenario.task is Task.TRAINING
    if scenario.architecture.num_nextn_predict_layers or scenario.mtp_num_layers:
        found = _of_heads(scenario, component)
        if found is not None:
            return found
    if scenario.architecture.num_mixer_layers and component in _MIXERS:
        if training and component is Component.ACTIVATIONS and trains_by_kernels(scenario):
            return _TRAINED_BY_KERNELS
        if training or scenario.runtime is Runtime.TRANSFORMERS:
            return _MIXERS[component]
        if component is Component.KV_CACHE:
            return _SERVED_MIXERS[scenario.runtime]
    if (
        not training
        and component is Component.KV_CACHE
        and scenario.architecture.num_sliding_layers
        and scenario.runtime in _SERVED_WINDOWS
    ):
        return _SERVED_WINDOWS[scenario.runtime]
    of_layer_inputs = _LAYER_INPUTS.get(Runtime.TRANSFORMERS if training else scenario.runtime, {})
    if scenario.architecture.hidden_size_per_layer_input and component in of_layer_inputs:
        return of_layer_inputs[component]
    if component is Component.OPTIMIZER and scenario.optimizer is Optimizer.ADAMW8BIT:
        return _PAGED
    if component in (Component.GRADIENTS, Component.OPTIMIZER) and scenario.method is not Method.FULL:
        return _ADAPTERS
    parallel = scenario.parallel
    if training and not parallel.plain:
        found = _of_spread(parallel, component)
        if found is not None:
            return found
    if training and scenario.objective is not Objective.NEXT_TOKEN and component in _PREFERENCES:
        return _PREFERENCES[component]
    of_task = _TRAINING if training else _SERVING[scenario.runtime]
    return of_task.get(component) or _EVERYWHERE[component]


def _of_heads(scenario: Scenario, component: Component) -> str | None:
    """Where heads that predict tokens ahead have a source of their own."""
    if trained_heads(scenario):
        return _TRAINED_HEADS.get(component)
    if scenario.task is Task.INFERENCE and scenario.runtime in ENGINES and scenario.speculative_tokens:
        return _DRAFTING.get(component)
    if component is not Component.WEIGHTS or (scenario.task is Task.TRAINING and scenario.objective is not Objective.NEXT_TOKEN):
        return None
    return _HEADS_LEFT_OUT[scenario.runtime if scenario.task is Task.INFERENCE else Runtime.TRANSFORMERS]


def _of_spread(parallel: Parallelism, component: Component) -> str | None:
    """Where several GPUs have a source of their own."""
    if component is Component.RUNTIME:
        return _NCCL
    if component is Component.COMMUNICATION and parallel.sharding in FSDP:
        return _FSDP_UNITS
    if component is Component.RESERVE and parallel.sharding in DIVIDES_WEIGHTS:
        return "torch's caching allocator; peaks and nvidia-smi of 56 FSDP runs of Mistral-7B (fms-acceleration benchmarks, 2 and 4 A100)"
    if component is Component.OPTIMIZER and parallel.sharding in DIVIDES_STATES - {Sharding.MEGATRON}:
        return _STATES
    return _SPREAD.get(parallel.sharding, {}).get(component)
