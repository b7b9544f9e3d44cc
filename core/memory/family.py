"""From a parameter count to a shape: one smooth family, Llama-3-like, from 10 M to 10 T parameters.

A slider over sizes needs two things at once that published models do not give: each request met within 1 %, and memory that
never falls when the request grows, whatever the rest of the scenario is. Both hold if every dimension of the shape is a
non-decreasing step function of one growing number, and no step changes the count by more than 2 %.

That number is the hidden size, in 1/64ths. The other dimensions follow it:

- heads as in Llama 3: 32 query and 8 key/value heads of growing width until they are 128 wide at h = 4096 (8B); above
  h = 8192 the heads multiply, towards 128 of them at h = 16384 (405B);
- layers 80 at h = 8192 (70B) and 121 at 16384, by the power 0.6 between. One more layer changes the count by its share of it, so the
  small models of this family are deeper and thinner than published ones: 53 - 19581/h layers at least, 19581 being where
  layers and vocabulary (V * 2 / 13.1) weigh the same;
- MLP 3.5 h, vocabulary 128,256, both as in Llama 3; head and embedding are two matrices. Below h = 256 (some 75 M) the
  vocabulary shrinks with h, or nothing but vocabulary would be left.
"""

from core.memory.architecture import Architecture
from core.memory.parameters import parameter_count

MIN_PARAMETERS = 10**7
MAX_PARAMETERS = 10**13

_TICKS = 64
_VOCAB_SIZE = 128_256
_MIN_TICK = 64 * _TICKS
_MAX_TICK = 70_000 * _TICKS


def _dimensions(tick: int) -> tuple[int, int, int, int, int, int]:
    """(h, i, layers, query heads, head width, vocabulary) at ``tick``; each non-decreasing in it.

    The half and quarter offsets keep two dimensions from stepping at the same tick.
    """
    h = tick // _TICKS
    width = (tick + _TICKS // 2) / _TICKS
    layers = max(80 * (width / 8192) ** 0.6, 53 - 19_581 / width, 1)
    head_dim = 2 * min(64, max(1, (tick + _TICKS // 4) // (64 * _TICKS)))
    more_heads = max(0, (tick - 8192 * _TICKS)) * 12 // (8192 * _TICKS)
    vocab_size = min(_VOCAB_SIZE, 501 * tick // _TICKS)
    return h, (7 * tick) // (2 * _TICKS), int(layers), 32 + 8 * more_heads, head_dim, vocab_size


def _count(tick: int) -> int:
    """Parameters of the shape at ``tick``, without building it: V*2h + L(2hQ + 2hK + 3hi + 2h) + h."""
    h, i, layers, heads, head_dim, vocab_size = _dimensions(tick)
    return h * (2 * vocab_size + layers * (2 * heads * head_dim + 16 * head_dim + 3 * i + 2) + 1)


def architecture_from_parameter_count(parameters: int) -> Architecture:
    """The shape of the family whose own count is nearest to ``parameters`` (within 1 %).

    Raises ValueError outside 10 M to 10 T.
    """
    if not MIN_PARAMETERS <= parameters <= MAX_PARAMETERS:
        raise ValueError(f"parameter count must lie between {MIN_PARAMETERS:,} and {MAX_PARAMETERS:,}, not {parameters:,}")
    low, high = _MIN_TICK, _MAX_TICK
    while high - low > 1:
        middle = (low + high) // 2
        if _count(middle) <= parameters:
            low = middle
        else:
            high = middle
    tick = low if parameters - _count(low) <= _count(high) - parameters else high
    h, i, layers, heads, head_dim, vocab_size = _dimensions(tick)
    return Architecture(
        nominal_parameters=parameters,
        hidden_size=h,
        intermediate_size=i,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=8,
        head_dim=head_dim,
        vocab_size=vocab_size,
    )


def own_count(parameters: int) -> int:
    """Exact count of the shape chosen for ``parameters``."""
    return parameter_count(architecture_from_parameter_count(parameters))
