"""Why it is so much: every component of every moment with its formula, in symbols and with the numbers of the scenario."""

from dataclasses import fields, replace
from enum import StrEnum
from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.components import Component, Device, MomentName
from core.memory.estimate import moments_of, run_of
from core.memory.parallel import Parallelism
from core.memory.scenario import Scenario
from core.memory.sources import source_of
from core.memory.symbolic import Symbolic, terms_of, used, written
from core.memory.varied import resized


class Symbol(StrEnum):
    """What the letters of the formulas stand for, by the field that holds it."""

    L = "num_hidden_layers"
    B = "batch_size"
    S = "context_length"
    Q = "prompt_length"
    STEP = "max_num_batched_tokens"
    ROWS = "max_num_seqs"
    PREFIX = "shared_prefix_length"
    DRAFTS = "speculative_tokens"
    NEXTN = "num_nextn_predict_layers"
    TRAINED_HEADS = "mtp_num_layers"
    UBATCH = "ubatch_size"
    P = "nominal_parameters"
    H = "hidden_size"
    I = "intermediate_size"  # noqa: E741 -- the letter of the literature
    A = "num_attention_heads"
    K = "num_key_value_heads"
    D = "head_dim"
    V = "vocab_size"
    R = "lora_r"
    E = "num_experts"
    TOP = "num_experts_per_tok"
    M = "moe_intermediate_size"
    SHARED = "shared_expert_intermediate_size"
    DENSE = "first_k_dense_replace"
    W = "sliding_window"
    SLIDING = "num_sliding_layers"
    POSITIONS = "max_position_embeddings"
    ROTATED = "rotary_dim"
    LATENT = "kv_lora_rank"
    QUERY_LATENT = "q_lora_rank"
    NOPE = "qk_nope_head_dim"
    ROPE = "qk_rope_head_dim"
    VALUE = "v_head_dim"
    PERIOD = "expert_layer_period"
    MIXERS = "num_mixer_layers"
    UNATTENDED = "num_layers_without_attention"
    WITHOUT_MLP = "num_layers_without_mlp"
    LAST_MIXERS = "num_mixers_after_attention"
    CONVOLUTION = "conv_kernel"
    HEADS = "mamba_num_heads"
    HEAD = "mamba_head_dim"
    STATE = "ssm_state_size"
    GROUPS = "n_groups"
    CHUNK = "chunk_size"
    RANK = "time_step_rank"
    KEY_HEADS = "linear_num_key_heads"
    VALUE_HEADS = "linear_num_value_heads"
    KEY_HEAD = "linear_key_head_dim"
    VALUE_HEAD = "linear_value_head_dim"
    LAYER_INPUT = "hidden_size_per_layer_input"
    LAYER_VOCABULARY = "vocab_size_per_layer_input"
    STREAMS = "altup_num_inputs"
    WAY_AROUND = "laurel_rank"
    FILE = "file_bytes"
    DATA = "data_parallel_size"
    TENSOR = "tensor_parallel_size"
    PIPELINE = "pipeline_parallel_size"
    CONTEXT = "context_parallel_size"
    EXPERT = "expert_parallel_size"
    MICRO = "num_microbatches"
    VIRTUAL = "virtual_pipeline_parallel_size"
    THREADS = "resident_threads"


#: How each is written.
LETTERS = {
    Symbol.L: "L",
    Symbol.B: "B",
    Symbol.S: "S",
    Symbol.Q: "q",
    Symbol.STEP: "T",
    Symbol.ROWS: "N",
    Symbol.PREFIX: "X",
    Symbol.DRAFTS: "κ",
    Symbol.NEXTN: "n",
    Symbol.TRAINED_HEADS: "δ",
    Symbol.UBATCH: "u",
    Symbol.P: "P",
    Symbol.H: "h",
    Symbol.I: "i",
    Symbol.A: "a",
    Symbol.K: "k",
    Symbol.D: "d",
    Symbol.V: "V",
    Symbol.R: "r",
    Symbol.E: "E",
    Symbol.TOP: "t",
    Symbol.M: "m",
    Symbol.SHARED: "s",
    Symbol.DENSE: "f",
    Symbol.W: "w",
    Symbol.SLIDING: "l",
    Symbol.POSITIONS: "p",
    Symbol.ROTATED: "ρ",
    Symbol.LATENT: "c",
    Symbol.QUERY_LATENT: "c′",
    Symbol.NOPE: "d₁",
    Symbol.ROPE: "d₂",
    Symbol.VALUE: "d₃",
    Symbol.PERIOD: "x",
    Symbol.MIXERS: "M",
    Symbol.UNATTENDED: "L₁",
    Symbol.WITHOUT_MLP: "L₂",
    Symbol.LAST_MIXERS: "L₃",
    Symbol.CONVOLUTION: "w₁",
    Symbol.HEADS: "H",
    Symbol.HEAD: "d₄",
    Symbol.STATE: "σ",
    Symbol.GROUPS: "g",
    Symbol.CHUNK: "C",
    Symbol.RANK: "R",
    Symbol.KEY_HEADS: "H₁",
    Symbol.VALUE_HEADS: "H₂",
    Symbol.KEY_HEAD: "d₅",
    Symbol.VALUE_HEAD: "d₆",
    Symbol.LAYER_INPUT: "p₁",
    Symbol.LAYER_VOCABULARY: "V₁",
    Symbol.STREAMS: "n₁",
    Symbol.WAY_AROUND: "r₁",
    Symbol.FILE: "F",
    Symbol.DATA: "dp",
    Symbol.TENSOR: "tp",
    Symbol.PIPELINE: "pp",
    Symbol.CONTEXT: "cp",
    Symbol.EXPERT: "ep",
    Symbol.MICRO: "mb",
    Symbol.VIRTUAL: "vp",
    Symbol.THREADS: "τ",
}


class _InSymbols(Scenario):
    """A scenario whose prompt is a symbol of its own, not the context less what is generated."""

    @property
    def prompt_length(self) -> int:
        return Symbolic.symbol(LETTERS[Symbol.Q], int(super().prompt_length))


class Explanation(NamedTuple):
    """Bytes of one component at one moment."""

    value_bytes: int
    formula: str
    numbers: str
    """The formula with this scenario's values in it."""
    symbols: tuple[Symbol, ...]
    """What occurs in the formula, in the order of :class:`Symbol`."""
    source: str
    """What was read, and what the formula was measured against; in English."""


def explain(scenario: Scenario, device: Device | None = None) -> dict[MomentName, dict[Component, Explanation]]:
    """Every component that is there at each moment, on ``device``, one of the scenario's estimate; by default on the GPU that needs most.
    Raises RefusedError.
    """
    found: dict[MomentName, dict[Component, Explanation]] = {}
    shown = device or run_of(scenario).worst
    moments = moments_of(_in_symbols(scenario), shown.stage)
    formulas: dict[int, tuple[str, str]] = {}  # what is there throughout is written down once
    for moment in moments:
        parts = found[moment.name] = {}
        for component, size in zip(Component, moment.stack, strict=True):
            if size:
                formula = formulas.get(id(size)) or formulas.setdefault(id(size), written(size))
                parts[component] = _explanation(size, *formula, source_of(scenario, component))
    return found


def _explanation(size: int, formula: str, numbers: str, source: str) -> Explanation:
    letters = used(terms_of(size))
    return Explanation(int(size), formula, numbers, tuple(symbol for symbol in Symbol if LETTERS[symbol] in letters), source)


def _in_symbols(scenario: Scenario) -> Scenario:
    """``scenario`` with symbols for its sizes; what is 0 stays away, and of parallelism what is 1."""

    def named(holder: Scenario | Architecture | Parallelism, least: int = 1) -> dict[str, int]:
        values = {field.name: getattr(holder, field.name) for field in fields(holder) if field.name in known}
        return {name: Symbolic.symbol(LETTERS[known[name]], value) for name, value in values.items() if value >= least}

    known = {symbol.value: symbol for symbol in Symbol}
    architecture = replace(scenario.architecture, **named(scenario.architecture))  # type: ignore[arg-type]
    if architecture.layer_runs:
        architecture = resized(
            architecture,
            lambda name, value, shape: Symbolic.symbol(LETTERS[known[name]], value, shape) if name in known else value,
        )
    spread = {} if scenario.parallel.plain else {"parallel": replace(scenario.parallel, **named(scenario.parallel, 2))}  # type: ignore[arg-type]
    return _InSymbols(**scenario.__dict__ | named(scenario) | {"architecture": architecture} | spread)
