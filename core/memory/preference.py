"""Preference methods as TRL runs them: what a pair of answers and a reference model add to a training step.

A batch of pairs is one batch of twice as many sequences, chosen then rejected. A reference model is the model once more, frozen and as
wide, unless its log-probabilities were computed before training, or adapters are trained: switched off, they leave it. It reads the same
batch after the policy has, while everything that the policy keeps is alive.

Source: ``_compute_loss`` of TRL 0.29 and 1.5, ``kto_trainer``, ``orpo_trainer`` and ``cpo_trainer`` of 0.29, and the fused head
(``chunked_logprob``) of 1.16; the bytes a logit of the former were measured by running their code with every storage tracked (torch 2.13).
Symbols: V vocabulary, T tokens of the batch as it runs, S of one sequence, h hidden size, e bytes of a logit.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.attention import attention_path, attention_prefill_bytes, kv_cache_row
from core.memory.mixers import mixer, state_bytes
from core.memory.mlp import mlp_prefill
from core.memory.moe import moe_prefill
from core.memory.numerics import Numerics
from core.memory.parameters import head_parameters, layer_linear_parameters, linear_parameters
from core.memory.scenario import Loss, Method, Objective, Scenario, Task, TransformersRelease
from core.memory.varied import shapes

#: Methods whose batch is one of pairs, and methods that compare with a reference model.
PAIRED = frozenset({Objective.DPO, Objective.ORPO, Objective.SIMPO})
REFERENCED = frozenset({Objective.DPO, Objective.KTO})

#: Tile of logits that TRL's fused head computes at once: tokens and entries of the vocabulary.
_TILE_TOKENS, _TILE_ENTRIES = 4096, 32_768
#: Tokens whose entropy it computes at once, for its logs.
_ENTROPY_TOKENS = 128


class LogitBytes(NamedTuple):
    """Bytes that hold logits or are as large: kept for backward, and beside those in the forward and in the backward pass."""

    kept: int
    forward: int
    backward: int


def as_run(scenario: Scenario) -> Scenario:
    """``scenario`` with the sequences that are in memory at once as its batch: two for a pair."""
    if scenario.objective not in PAIRED or scenario.task is not Task.TRAINING:
        return scenario
    # ``replace`` would set all fields one by one, which takes as long as a sixth of an estimate.
    pairs = object.__new__(type(scenario))
    pairs.__dict__.update(scenario.__dict__, batch_size=2 * scenario.batch_size)
    return pairs


def has_loss(scenario: Scenario) -> bool:
    """Whether the objective's loss is computed so: TRL's fused head is that of its methods with a reference model."""
    if scenario.objective is Objective.NEXT_TOKEN or scenario.loss is Loss.PLAIN:
        return True
    return scenario.loss is Loss.FUSED_LINEAR and scenario.objective in REFERENCED


def runs_reference(scenario: Scenario) -> bool:
    """Whether a reference model reads every batch."""
    return scenario.objective in REFERENCED and not scenario.precomputed_reference


def holds_reference(scenario: Scenario) -> bool:
    """Whether that is a model of its own: adapters leave their base to be it."""
    return runs_reference(scenario) and scenario.method is Method.FULL


def logit_bytes(scenario: Scenario, n: Numerics) -> LogitBytes:
    """Of a scenario as it runs, with a preference method.

    Plain, in e*V*T: the policy's logits, a shifted copy (DPO) or copies of the chosen and the rejected (KTO), the log-softmax of each
    sequence where logits are 16-bit; the same of the reference; a copy of half of them to be averaged (DPO). ORPO's cross-entropy of the
    chosen half is computed in fp32 under autocast. Fused: a copy of the hidden states and one tile of logits.
    """
    arch, e = scenario.architecture, n.compute
    tokens = scenario.batch_size * scenario.context_length
    if scenario.loss is not Loss.PLAIN:
        tile = e * min(tokens, _TILE_TOKENS) * _TILE_ENTRIES
        gradients = 4 * arch.hidden_size * tokens
        if scenario.method is Method.FULL:
            gradients += 4 * arch.vocab_size * arch.hidden_size
        return LogitBytes(e * arch.hidden_size * tokens, tile, tile + gradients)
    half = arch.vocab_size * tokens // 2
    if scenario.transformers_release is TransformersRelease.BEFORE_4_45:
        return _of_all_in_fp32(scenario, half)
    logits = 2 * e * half
    softmax = logits if e == 2 else 0  # wider ones are gathered from the logits themselves
    reference = runs_reference(scenario)
    match scenario.objective:
        case Objective.DPO:
            # The reference's last two sequences are read; or later, the policy's entropy is computed, or half of its logits averaged.
            rows = max(2 * scenario.context_length * (reference and e == 2), 3 * min(tokens, _ENTROPY_TOKENS))
            last = max(e * half, e * arch.vocab_size * rows)
            own = 2 * logits if softmax else logits  # wider ones are kept in their shifted copy
            return LogitBytes(logits, own + 2 * logits * reference + last, _back(logits, e))
        case Objective.KTO:
            return LogitBytes(logits, (3 if reference else 2 if softmax else 1) * logits, _back(logits, e))
        case Objective.ORPO:
            wide = 4 if n.autocast else e
            kept = logits + wide * half
            copied = e * half if scenario.batch_size > 2 else 0  # one sequence without its end is in one piece
            if e != 2:
                return LogitBytes(kept, copied, 3 * logits)
            if n.autocast:  # logits, their chosen half once more and in fp32, and its log-softmax: before the log-softmax of all
                return LogitBytes(kept, logits + copied, 2 * logits)
            return LogitBytes(kept, logits, 3 * logits // 2)
        case _:
            return LogitBytes(logits, softmax, _back(logits, e))


def _of_all_in_fp32(scenario: Scenario, half: int) -> LogitBytes:
    """Of trainers of the time when models returned fp32 logits (TRL before 0.12, ColossalChat): one log-softmax over all of them, and one
    more of ORPO's cross-entropy; the reference's likewise, beside the policy's logits. Backward, the gradients of what was gathered and
    of the log-softmax.
    """
    logits = 8 * half
    kept = 2 * logits if scenario.objective is Objective.ORPO else logits
    return LogitBytes(kept, (3 if runs_reference(scenario) else 1) * logits, 2 * logits)


def _back(logits: int, e: int) -> int:
    """Gradients of the sequences' log-softmax are stacked, then laid into one of the logits; wider ones scattered, and added."""
    return logits if e == 2 else 3 * logits


def reference_layer_bytes(scenario: Scenario, n: Numerics) -> int:
    """What a layer of the reference model needs at once, as prefill does."""
    return max([_layer_bytes(scenario, n, shape) for shape in shapes(scenario.architecture)])


def _layer_bytes(scenario: Scenario, n: Numerics, arch: Architecture) -> int:
    batch, length = scenario.batch_size, scenario.context_length
    layer = batch * length * max(mlp_prefill(n, arch), moe_prefill(arch) if arch.num_experts else 0)
    if arch.num_mixer_layers:
        layer = max(layer, mixer(arch).forward_peak(arch, batch, length, n.compute) + 3 * n.compute * arch.hidden_size * batch * length)
    return max(layer, attention_prefill_bytes(attention_path(scenario.attention, n, arch), n, arch, batch, length))


def reference_copies_bytes(scenario: Scenario, n: Numerics) -> int:
    """What the reference's pass leaves until it ends: under autocast the 16-bit copies of its weights, cached until the forward pass does;
    keys and values, as KTO's trainer does not ask to go without.
    """
    arch = scenario.architecture
    left = 0
    if n.autocast and holds_reference(scenario):
        copied = arch.num_hidden_layers * layer_linear_parameters(arch) if arch.num_experts else linear_parameters(arch)
        left += 2 * (copied + head_parameters(arch))
    if scenario.objective is Objective.KTO and scenario.loss is Loss.PLAIN:
        values = sum([rows * columns for rows, columns in map(kv_cache_row, shapes(arch))])
        left += n.compute * values * scenario.batch_size * scenario.context_length
        left += state_bytes(arch, scenario.batch_size, n.compute)
    return left
