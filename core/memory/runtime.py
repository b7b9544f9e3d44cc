"""What a process takes on the GPU beside its tensors.

Sources: bare CUDA contexts of torch processes as published: 256 MiB (RTX 3090, torch 2.7), 384 (RTX 4090), 426 (RTX 6000
Ada, torch 2.10), about 520 (H100), 319 without torch (Titan V): 2 KiB for each thread that a card's multiprocessors hold at once make 246,
384, 426, 528 and 320. Of cards with fewer threads than the smallest of these none is published: they are taken to need as much. A card that
is not known takes the newest that was stated exactly. The allocator's reserve:
16 single-GPU fine-tunes that published torch's peak, its level at the end and nvidia-smi's reading held, at the median, a
third more than their transient tensors needed (foundation-model-stack/fms-acceleration benchmarks, A100 80 GB); inference
is assumed alike.
"""

from core.memory.components import Cause, Moment, MomentName, Stack
from core.memory.units import MIB

CUDA_CONTEXT_BYTES = 426 * MIB
_CONTEXT_BYTES_PER_THREAD = 2048
#: Of the smallest card whose context is published, an RTX 3090: 82 multiprocessors.
_LEAST_THREADS = 82 * 1536
#: Before CUDA 11.7 the context held every kernel of torch: 723 MiB (2020) and 1007 (Titan V, torch 1.3) are published; half-way.
EAGER_CUDA_CONTEXT_BYTES = 865 * MIB


def cuda_context_bytes(resident_threads: int) -> int:
    """Of a card whose multiprocessors hold ``resident_threads`` at once, all together (CUDA's ``maxThreadsPerMultiProcessor`` x
    ``multiProcessorCount``), with kernels that are loaded when they are first used; 0: of a card that is not known.
    """
    if not resident_threads:
        return CUDA_CONTEXT_BYTES
    return _CONTEXT_BYTES_PER_THREAD * max(resident_threads, _LEAST_THREADS)


def reserve_bytes(stack: Stack) -> int:
    """What the caching allocator holds beyond the transient tensors of one instant: a third of them."""
    return (stack.activations + stack.logits + stack.workspace) // 3


def training_reserve_bytes(transient: int, at_loss: int, in_layer: int) -> int:
    """The same in training, from what a step needs at once beyond what stays: a tenth of ``transient``, all of it; and, for what the loss
    and what a layer take on top are blocks of other sizes, three quarters of the smaller of the two.

    Source: 40 fine-tunes of Mistral-7B that state torch's peak and nvidia-smi's reading (fms-acceleration benchmarks, A100 80 GB): fused
    losses, with little at the loss, reserve 9 to 16 % of the transient tensors, plain ones 25 to 38 %, kernels that make both alike 43 to
    57 %.
    """
    return transient // 10 + max(0, 3 * min(at_loss, in_layer) // 4)


def varying_reserve_bytes(transient: int, beyond_kept: int) -> int:
    """The same where batches vary in length: of what comes and goes within a pass, ``beyond_kept``, the blocks of one hardly suit the next.
    Source: 15 fine-tunes of Qwen-7B-Chat (ms-swift benchmarks, texts of 91 to 19,548 tokens cut to length) reserve 0.9 to 2.7 times that.
    """
    return transient // 10 + 9 * beyond_kept // 5


def sharded_reserve_bytes(transient: int, gathered: int, step_bytes: int) -> tuple[int, int]:
    """The same of FSDP, in the passes and in the optimizer's step. What units are gathered into and what gradients and the step take are
    blocks of other sizes than activations and hardly share any: each needs its own beside the other's, ``transient`` of a pass and
    ``step_bytes`` of a step; beyond that a sixth of the transient tensors and two more gathers.

    Source: 56 runs of Mistral-7B over 2 and 4 A100 that state torch's peak and nvidia-smi's reading, all weights trained, LoRA and QLoRA
    (fms-acceleration benchmarks): within 10 % of the process, mostly.
    """
    loose = transient // 6 + 2 * gathered
    return loose + min(transient, step_bytes), loose + transient


def split_reserve_bytes(transient: int) -> int:
    """The same where every GPU has a part of each layer, or some of the layers, and micro-batches come and go in between each other. A
    quarter of what a pass needs; in the step, of that and of the step's copies.

    Source: 10 GPUs of LLaMA-7B trained with tensor and pipeline parallelism whose nvidia-smi is published (FlagPerf, PaddleNLP, A100);
    reserved over allocated of six published runs of Megatron-Bridge, 3 to 21 % above.
    """
    return transient // 4


def step_reserve_bytes(work: int, transient: int) -> int:
    """The same in the optimizer's step: its copies are of other sizes than what the passes before it took, ``transient``. Three tenths of
    the smaller, by the full fine-tunes among those of Mistral-7B.
    """
    return work // 10 + 3 * min(work, transient) // 10


def moment_of(name: MomentName, *instants: tuple[Stack, Cause], unsplit: int = 0) -> Moment:
    """The moment made of ``instants``: the one with most tensors, holding the most that the allocator holds at any of them.

    So the allocated reading is the largest of the instants', and so is the reserved one, although the two may belong to
    different instants; and each grows with whatever every instant grows with. ``unsplit`` is what the blocks of the weights have too much.
    """
    stack, cause = max(instants, key=_tensors)
    held = max([sum(instant) + reserve_bytes(instant) for instant, _ in instants])
    return Moment(name, stack.with_reserve(held - sum(stack) + unsplit), cause)


def _tensors(instant: tuple[Stack, Cause]) -> int:
    return sum(instant[0])
