"""States in the caches of vLLM and SGLang. A block of vLLM's holds so many tokens of attention that it is no smaller than the state of a
layer; SGLang has a pool of slots for states beside that of keys and values.

Sources: vLLM's ``HybridAttentionMambaModelConfig`` (the block grows in multiples of 16 tokens, the state is padded to it), its grouping of
layers (all groups have as many as the smaller kind has, or as the larger where that is less than a quarter more), ``MambaStateShape`` and
``MambaStateDtypeCalculator`` (w - 1 columns of the convolution, one more for each token that is drafted; the recurrent state as wide as the
model unless its configuration says float32); ``MambaSpec`` (a state for each token that is drafted, since any of them may be the last).
Logs: "Setting attention block size to" 544 tokens for Qwen3-Next, 528 for Qwen3.5-9B and 1056 with an fp8 cache, 1888 for Kimi Linear, all
met.
SGLang's ``MambaPool`` (a slot more than can be taken, for padding; w - 1 columns of the convolution in 16 bits, recurrent states in fp32
unless ``--mamba-ssm-dtype`` says otherwise; beside them, for each sequence that runs and one more, a recurrent state for each row that is
verified and the columns of the convolution that these reach over). Logs: "conv_state size" 0.99 GB and "ssm_state size" 50.77 GB for 360
slots of Qwen3.6-27B's shape, 0.07 and 3.05 GB for 64 of Qwen3.5-9B's, all met.
"""

from core.memory.architecture import Architecture
from core.memory.attention import kv_cache_row
from core.memory.formats import matrix_bytes
from core.memory.mixers import mixer
from core.memory.prediction import drafted_tokens
from core.memory.scenario import Runtime, Scenario
from core.memory.units import ceil_div

#: Tokens that a block of the cache holds, whoever they belong to: vLLM's ``block_size``, SGLang's ``page_size``.
BLOCK_TOKENS = {Runtime.VLLM: 16, Runtime.SGLANG: 1}
#: Tokens that the attention kernels' blocks are multiples of.
_ALIGNMENT = 16


def state_page_bytes(arch: Architecture, drafts: int = 0) -> int:
    """The state of one sequence in one layer, where so many tokens are drafted at once."""
    rules = mixer(arch)
    conv = 2 * rules.convolved(arch) * (arch.conv_kernel - 1 + drafts)
    recurrent = rules.recurrent_state_bytes(arch)
    return conv + (recurrent if arch.state_in_fp32 else recurrent // 2)


def _token_bytes(scenario: Scenario) -> int:
    """Keys and values of one token in one layer."""
    rows, columns = kv_cache_row(scenario.architecture)
    return matrix_bytes(scenario.kv_cache, rows // scenario.architecture.cached_layers, columns)


def block_tokens(scenario: Scenario) -> int:
    """Tokens of attention that a block holds."""
    return _ALIGNMENT * ceil_div(state_page_bytes(scenario.architecture, drafted_tokens(scenario)), _ALIGNMENT * _token_bytes(scenario))


def layers_in_group(one: int, other: int) -> int:
    """Of two kinds of layers with so many: as many as the smaller kind has, or as the larger where that is less than a quarter more."""
    fewer, more = sorted((one, other))
    return more if 4 * more < 5 * fewer else fewer


def sequence_bytes(scenario: Scenario) -> int:
    """What one sequence of ``context_length`` takes: of each group with attention the blocks of its tokens, of each group with mixers
    one, and one more for each token that is drafted; where no layer has attention, the states as they are.
    """
    arch, drafts = scenario.architecture, drafted_tokens(scenario)
    attention, mixers = arch.attention_layers, arch.num_mixer_layers
    if not attention:
        return mixers * (1 + drafts) * state_page_bytes(arch, drafts)
    size = layers_in_group(attention, mixers)
    tokens = block_tokens(scenario)
    of_attention, of_mixers = (1 if layers == size else ceil_div(layers, size) for layers in (attention, mixers))
    blocks = of_attention * ceil_div(scenario.context_length, tokens) + of_mixers * (1 + drafts)
    return size * tokens * _token_bytes(scenario) * blocks


#: Slots that SGLang's scheduler counts for a running sequence: three with its radix cache (its own, that of the prefix it came from, one to
#: leave behind), and two that take turns where steps overlap (``MAMBA_CACHE_SIZE_MAX_RUNNING_REQUESTS_RATIO`` and what ``extra_buffer``,
#: which ``auto`` stands for, adds).
SLOTS_PER_SEQUENCE = 5


def slot_bytes(arch: Architecture) -> int:
    """The state of one sequence in all layers, as SGLang keeps it."""
    rules = mixer(arch)
    conv = 2 * rules.convolved(arch) * (arch.conv_kernel - 1)
    return arch.num_mixer_layers * (conv + rules.recurrent_state_bytes(arch))


def slots_bytes(arch: Architecture, sequences: int, drafts: int = 0) -> int:
    """SGLang's pool for as many ``sequences`` at once, where so many tokens are drafted in each step."""
    slots = (SLOTS_PER_SEQUENCE * sequences + 1) * slot_bytes(arch)
    if not drafts:
        return slots
    rules = mixer(arch)
    columns = 2 * rules.convolved(arch) * (drafts + arch.conv_kernel - 1)
    return slots + (sequences + 1) * arch.num_mixer_layers * (columns + (1 + drafts) * rules.recurrent_state_bytes(arch))


def mixer_values_per_token(arch: Architecture) -> int:
    """What a mixer makes of a token with kernels of its own: its projections, what the convolution makes, what the last matrix takes."""
    rules = mixer(arch)
    *first, last = rules.matrices(arch)
    return sum(outputs for _, _, outputs in first) + rules.convolved(arch) + last[1]
