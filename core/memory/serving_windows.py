"""Keys and values in vLLM where layers have a sliding window: blocks that no window reaches any more are given back.

Sources: vLLM's ``SlidingWindowSpec.max_memory_usage_bytes`` (the window, the largest step, and a block more, since a window begins amid
one), its grouping of layers (groups of one kind, as many layers in each as the smaller kind has, or as the larger where that is less than
a quarter more; a page is a block of one layer, alike in all groups), ``unify_kv_cache_spec_page_size`` (kinds whose tokens differ in size
have longer blocks of the smaller ones). Logs: about 50 GB hold about 55 thousand tokens of Gemma 4 31B in vLLM 0.20, which did not unify
them yet, and about 525 thousand in 0.21 (vLLM issue 43308).
"""

from core.memory.attention import kv_cache_row
from core.memory.formats import matrix_bytes
from core.memory.scenario import Scenario
from core.memory.units import ceil_div
from core.memory.varied import shapes

_BLOCK_TOKENS = 16


def windowed_cache_bytes(scenario: Scenario) -> int | None:
    """Of ``batch_size`` sequences of ``context_length``, whose layers without a window have whole blocks of a shared prefix once; None
    where vLLM keeps all tokens of all layers: there is no window, or pages cannot be made alike.
    """
    whole_layers = sliding_layers = whole_bytes = sliding_bytes = window = 0
    for shape in shapes(scenario.architecture):
        layers = shape.cached_layers
        if not layers:
            continue
        rows, columns = kv_cache_row(shape)
        token = matrix_bytes(scenario.kv_cache, rows // layers, columns)
        sliding = shape.num_sliding_layers if shape.num_sliding_layers < layers else layers
        if sliding:
            window = shape.sliding_window
            sliding_layers, sliding_bytes = sliding_layers + sliding, max(sliding_bytes, token)
        if layers > sliding:
            whole_layers, whole_bytes = whole_layers + layers - sliding, max(whole_bytes, token)
    largest, smallest = max(whole_bytes, sliding_bytes), min(whole_bytes or sliding_bytes, sliding_bytes)
    if not sliding_layers or largest % smallest:
        return None
    size = _group_size(whole_layers, sliding_layers)
    page = largest * _BLOCK_TOKENS
    block = page // sliding_bytes
    kept = min(window - 1 + scenario.max_num_batched_tokens, scenario.context_length)
    blocks = ceil_div(sliding_layers, size) * (ceil_div(kept, block) + 1)
    shared = 0
    if whole_layers:
        block = page // whole_bytes
        groups = ceil_div(whole_layers, size)
        blocks += groups * ceil_div(scenario.context_length, block)
        shared = groups * (min(scenario.shared_prefix_length, scenario.context_length) // block)
    return size * page * (scenario.batch_size * blocks - (scenario.batch_size - 1) * shared)


def _group_size(whole_layers: int, sliding_layers: int) -> int:
    """Layers of one group."""
    if not whole_layers:
        return sliding_layers
    fewer, more = min(whole_layers, sliding_layers), max(whole_layers, sliding_layers)
    return more if 4 * more < 5 * fewer else fewer
