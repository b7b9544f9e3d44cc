"""Words for what could be changed, and what each change costs."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.means import Means, Step
from core.memory import Method, Scenario
from core.remedies import Gain, Remedy
from gui.quantities import Numbers
from gui.words import format_cost, optimizer_name

translate = QCoreApplication.translate


def step_name(step: Step, before: Scenario, numbers: Numbers) -> str:
    """What one change to ``before`` is called on a button."""
    value = step.value
    match step.means:
        case Means.ATTENTION:
            return translate("Advice", "SDPA attention")
        case Means.LOSS:
            return translate("Advice", "loss in chunks")
        case Means.REFERENCE:
            return translate("Advice", "reference precomputed")
        case Means.CHECKPOINTING:
            return translate("Advice", "gradient checkpointing")
        case Means.MICRO_BATCH:
            parts = before.batch_size // value
            return translate("Advice", "micro-batch {batch} × {parts}").format(batch=numbers.count(value), parts=numbers.count(parts))
        case Means.OPTIMIZER:
            return optimizer_name(value)
        case Means.KV_CACHE:
            return translate("Advice", "{format} KV cache").format(format=value.value)
        case Means.WEIGHTS:
            return translate("Advice", "{format} weights").format(format=value.value)
        case Means.RECIPE:
            return translate("Advice", "pure 16-bit")
        case Means.EXPERTS:
            layers = before.architecture.num_moe_layers
            return translate("Advice", "experts of {some} of {all} layers on the host").format(some=value, all=layers)
        case Means.LAYERS:
            layers = before.architecture.num_hidden_layers + 1
            return translate("Advice", "{some} of {all} layers on the card").format(some=value, all=layers)
        case Means.BATCH:
            return translate("Advice", "batch {batch}").format(batch=numbers.count(value))
        case Means.CONTEXT:
            return translate("Advice", "context {tokens}").format(tokens=numbers.count(value))
        case Means.METHOD:
            return "LoRA" if value is Method.LORA else "QLoRA"
        case _:
            assert_never(step.means)


def step_cost(step: Step, before: Scenario) -> str:
    """What one pays for it, in one phrase."""
    match step.means:
        case Means.ATTENTION:
            return translate("Advice", "The same results, and faster.")
        case Means.LOSS:
            return translate("Advice", "The same results; takes Liger or cut cross-entropy.")
        case Means.REFERENCE:
            return translate("Advice", "The same results; the data are gone through once before training.")
        case Means.CHECKPOINTING:
            return translate("Advice", "About a third more time.")
        case Means.MICRO_BATCH:
            return translate("Advice", "The same batch, accumulated over {parts} steps; a little slower.").format(
                parts=before.batch_size // step.value
            )
        case Means.OPTIMIZER:
            return translate("Advice", "Optimizer states in 8 bits; most runs end up as good.")
        case Means.KV_CACHE:
            return translate("Advice", "Answers a little less exact over long contexts.")
        case Means.WEIGHTS:
            return format_cost(step.value)
        case Means.RECIPE:
            return translate("Advice", "No fp32 master weights: small updates are lost.")
        case Means.EXPERTS:
            return translate("Advice", "The host computes those; slower, but attention stays on the card.")
        case Means.LAYERS:
            return translate("Advice", "The host computes the others; several times slower.")
        case Means.BATCH:
            return translate("Advice", "Fewer sequences at once.")
        case Means.CONTEXT:
            return translate("Advice", "Less can be read and written at once.")
        case Means.METHOD:
            if step.value is Method.LORA:
                return translate("Advice", "Trains adapters instead of all weights.")
            return translate("Advice", "Trains adapters over weights in 4 bits.")
        case _:
            assert_never(step.means)


def remedy_name(remedy: Remedy, before: Scenario, numbers: Numbers) -> str:
    """What a remedy changes, and what it saves."""
    steps = " + ".join(step_name(step, before, numbers) for step in remedy.steps)
    return f"{steps} ({numbers.bytes(-remedy.saved_bytes, signed=True)})"


def remedy_cost(remedy: Remedy, before: Scenario) -> str:
    return "\n".join(filter(None, (step_cost(step, before) for step in remedy.steps)))


def gain_name(gain: Gain, numbers: Numbers) -> str:
    """What the room that is left would hold."""
    match gain.means:
        case Means.CONTEXT:
            return translate("Advice", "context up to {tokens}").format(tokens=numbers.count(gain.value))
        case Means.WEIGHTS:
            return translate("Advice", "{format} weights").format(format=gain.value.value)
        case _:
            return translate("Advice", "batch up to {batch}").format(batch=numbers.count(gain.value))
