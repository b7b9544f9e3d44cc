"""Keys and values in vLLM where layers have a sliding window: blocks that no window reaches any more are given back.

Sources: vLLM's ``SlidingWindowSpec.max_memory_usage_bytes`` (the window, the largest step, and a block more, since a window begins amid
one), its grouping of layers (groups of one kind, as many layers in each as the smaller kind has, or as the larger where that is less than
a quarter more; a page is a block of one layer, alike in all groups), ``unify_kv_cache_spec_page_size`` (kinds whose tokens differ in size
have longer blocks of the smaller ones). Logs: about 50 GB hold about 55 thousand tokens of Gemma 4 31B in vLLM 0.20, which did not unify
them yet, and about 525 thousand in 0.21 (vLLM issue 43308).
"""

from core.memory.formats import matrix_bytes
from core.memory.scenario import Runtime, Scenario
from core.memory.serving_states import BLOCK_TOKENS, layers_in_group
from core.memory.units import ceil_div
from core.memory.varied import shapes


def windowed_cache_bytes(scenario: Scenario) -> int | None:
    """Of ``batch_size`` sequences of ``context_length``, whose layers without a window have whole blocks of a shared prefix once; None
    where vLLM keeps all tokens of all layers: there is no window, or pages cannot be made alike.
    """
    whole_layers = sliding_layers = whole_token = sliding_token = window = 0
    for shape in shapes(scenario.architecture):
        layers = int(shape.cached_layers)
        sliding = min(int(shape.num_sliding_layers), layers)
        token = matrix_bytes(scenario.kv_cache, 2 * shape.num_cached_heads, shape.head_dim)
        if sliding:
            window = shape.sliding_window
            sliding_layers, sliding_token = sliding_layers + sliding, max(sliding_token, token)
        if layers > sliding:
            whole_layers, whole_token = whole_layers + layers - sliding, max(whole_token, token)
    largest = max(whole_token, sliding_token)
    if not sliding_layers or int(largest) % sliding_token or (whole_layers and int(largest) % whole_token):
        return None
    # How layers are grouped, and how many tokens a block of theirs has, are numbers in an explanation, too.
    block_tokens = BLOCK_TOKENS[Runtime.VLLM]
    size = layers_in_group(whole_layers, sliding_layers) if whole_layers else sliding_layers
    block = block_tokens * (int(largest) // int(sliding_token))
    kept = min(scenario.max_num_batched_tokens + window - 1, scenario.context_length)
    blocks = ceil_div(sliding_layers, size) * (ceil_div(kept, block) + 1)
    shared = 0
    if whole_layers:
        block = block_tokens * (int(largest) // int(whole_token))
        groups = ceil_div(whole_layers, size)
        blocks += groups * ceil_div(scenario.context_length, block)
        shared = groups * (min(scenario.shared_prefix_length, scenario.context_length) // block)
    page = size * block_tokens * largest
    return page * (scenario.batch_size * blocks - (scenario.batch_size - 1) * shared if shared else scenario.batch_size * blocks)
