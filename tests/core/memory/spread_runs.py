"""Runs on many GPUs that several tests ask about, and how to look at them."""

from any_scenario import SHAPE

from core.memory import Architecture, MomentName, Scenario, Stack, estimate, parameter_count

LLAMA_7B = Architecture(**SHAPE)
P = parameter_count(LLAMA_7B)
#: Rotary frequencies, which no replica divides.
BUFFERS = 512
FULL = Scenario(architecture=LLAMA_7B).evolve(task="training", recipe="mixed", gradient_checkpointing=True, context_length=2048)
MISTRAL_7B = Architecture(**SHAPE | {"intermediate_size": 14336, "num_key_value_heads": 8})
LLAMA_2_70B = Architecture(
    **SHAPE
    | {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8}
)
MOE = Architecture(
    **SHAPE
    | {
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 48,
        "num_key_value_heads": 4,
        "vocab_size": 151_936,
        "qk_norm": True,
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "moe_intermediate_size": 768,
    }
)


def stacks(scenario: Scenario) -> dict[MomentName, Stack]:
    return {moment.name: moment.stack for moment in estimate(scenario).moments}


def state(stack: Stack) -> int:
    return stack.weights + stack.gradients + stack.optimizer


def stacks_of_first(scenario: Scenario) -> Stack:
    (forward,) = [moment.stack for moment in estimate(scenario).devices[0].moments if moment.name is MomentName.FORWARD]
    return forward
