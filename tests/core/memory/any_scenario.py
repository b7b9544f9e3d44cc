"""Scenarios of every kind, for properties that must hold of all of them."""

import math

from hypothesis import strategies as st

from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Architecture,
    Attention,
    Estimator,
    Format,
    Method,
    Optimizer,
    OptimizerImplementation,
    Recipe,
    Runtime,
    Scenario,
    Task,
    architecture_from_parameter_count,
    reconcile,
)
from core.memory.layer_run import Block, LayerRun
from core.memory.preference import has_loss
from core.memory.scenario import ALL_LINEAR, ATTENTION_LINEAR, QUERY_VALUE, Loss, Objective, TransformersRelease
from core.memory.units import GIB
from core.memory.varied import with_runs


def logarithmic(low: int, high: int) -> st.SearchStrategy[int]:
    """Whole numbers, each order of magnitude as likely as another; the ends among them."""
    exponents = st.floats(math.log(low), math.log(high)).map(lambda exponent: min(high, max(low, round(math.exp(exponent)))))
    return exponents | st.sampled_from([low, high])


parameter_counts = logarithmic(MIN_PARAMETERS, MAX_PARAMETERS)
batch_sizes = logarithmic(MIN_BATCH_SIZE, MAX_BATCH_SIZE)
context_lengths = logarithmic(MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH)
cards = logarithmic(GIB, 10_000 * GIB)

SHAPE = {
    "nominal_parameters": 7 * 10**9,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "head_dim": 128,
    "vocab_size": 32000,
}
#: What presets have and the family has not: full heads, one key/value head, tied embeddings, biases, q/k norms, a single layer.
PRESET_LIKE = [
    Architecture(**SHAPE),
    Architecture(**SHAPE | {"num_key_value_heads": 1, "tie_word_embeddings": True}),
    Architecture(**SHAPE | {"num_key_value_heads": 8, "qkv_bias": True}),
    Architecture(**SHAPE | {"num_key_value_heads": 4, "qk_norm": True, "tie_word_embeddings": True}),
    Architecture(**SHAPE | {"num_hidden_layers": 1, "hidden_size": 64, "intermediate_size": 64, "head_dim": 2, "vocab_size": 1}),
]
#: Layers that differ in shape: wider ones later, none of a kind, one matrix in the place of attention, keys of an earlier layer.
VARIED = [
    with_runs(
        Architecture(**SHAPE | {"num_key_value_heads": 8}),
        [
            LayerRun(layers=3, num_attention_heads=24, num_key_value_heads=6, intermediate_size=2048),
            LayerRun(layers=1, attention=Block.NONE),
            LayerRun(layers=2, attention=Block.LINEAR, intermediate_size=16384),
            LayerRun(layers=1, mlp=Block.NONE),
            LayerRun(layers=1, mlp=Block.LINEAR),
            LayerRun(layers=1, attention=Block.NONE, mlp=Block.NONE),
            LayerRun(layers=9, num_attention_heads=48, num_key_value_heads=1),
        ],
    ),
    with_runs(
        Architecture(**SHAPE | {"num_key_value_heads": 4, "qk_norm": True, "sliding_window": 512, "num_sliding_layers": 32}),
        [LayerRun(layers=3, sliding=True), LayerRun(layers=1, head_dim=256, num_key_value_heads=2)] * 4
        + [LayerRun(layers=3, sliding=True, kv_shared=True, intermediate_size=22016), LayerRun(layers=1, kv_shared=True)] * 2,
    ),
]
architectures = parameter_counts.map(architecture_from_parameter_count) | st.sampled_from(PRESET_LIKE + VARIED)

anything = st.builds(
    Scenario,
    architecture=architectures,
    task=st.sampled_from(Task),
    estimator=st.sampled_from(Estimator),
    weights=st.sampled_from(Format),
    kv_cache=st.sampled_from(Format),
    batch_size=batch_sizes,
    context_length=context_lengths,
    attention=st.sampled_from(Attention),
    max_new_tokens=st.just(1) | logarithmic(1, MAX_CONTEXT_LENGTH),
    logits_to_keep=st.sampled_from([0, 1]),
    runtime=st.sampled_from(Runtime),
    transformers_release=st.sampled_from(TransformersRelease),
    max_num_batched_tokens=st.just(2048) | logarithmic(1, MAX_CONTEXT_LENGTH),
    max_num_seqs=st.just(256) | batch_sizes,
    shared_prefix_length=st.just(0) | logarithmic(1, MAX_CONTEXT_LENGTH),
    cuda_graphs=st.booleans(),
    method=st.sampled_from(Method),
    recipe=st.sampled_from(Recipe),
    optimizer=st.sampled_from(Optimizer),
    optimizer_implementation=st.sampled_from(OptimizerImplementation),
    objective=st.just(Objective.NEXT_TOKEN) | st.sampled_from(Objective),
    precomputed_reference=st.booleans(),
    loss=st.just(Loss.PLAIN) | st.sampled_from(Loss),
    gradient_checkpointing=st.booleans(),
    first_step=st.booleans(),
    lora_r=st.just(16) | logarithmic(1, 65_536),
    lora_target_modules=st.sampled_from([ALL_LINEAR, ATTENTION_LINEAR, QUERY_VALUE, ("down_proj",)]),
).map(lambda scenario: scenario if has_loss(scenario) else scenario.evolve(loss=Loss.PLAIN))
"""Every combination of choices, those included that no real run allows for their weights."""

runnable = anything.map(reconcile)
"""Every combination that has an estimate."""
