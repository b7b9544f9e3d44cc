"""The MLP of a layer: down(act(gate(x)) * up(x)), or down(act(up(x))).

Source: measured tensor storages of transformers 5.23 on torch 2.13. Symbols: i intermediate size, h hidden size, e bytes of an activation.
"""

from typing import assert_never

from core.memory.architecture import Activation, Architecture, Norm, Position
from core.memory.numerics import Numerics


def mlp_saved(n: Numerics, arch: Architecture, *, fused: bool = False, fp8: bool = False) -> int:
    """Bytes a token kept for backward. Gated: gate, up, act(gate) and their product, 4*e*i, whether gate and up are one matrix or two; with
    activation and product in one ``fused`` kernel, gate, up and product; one-kernel GELU: input and output; written out: five tensors, of
    which autocast keeps the power in fp32. What the last matrix reads is a byte each where linear layers multiply in ``fp8``.
    """
    i, e = arch.intermediate_size, n.compute
    if fp8:
        return mlp_saved(n, arch, fused=fused) - (e - 1) * i
    match arch.activation:
        case Activation.GATED:
            return (3 if fused else 4) * e * i
        case Activation.RELU_SQUARED if n.autocast:  # which squares in fp32
            return 4 * e * i
        case Activation.GELU | Activation.GELU_RECOMPUTED | Activation.RELU_SQUARED:
            return 2 * e * i
        case Activation.RELU:
            return e * i
        case Activation.GELU_WRITTEN_OUT if fused:
            return 2 * e * i
        case Activation.GELU_WRITTEN_OUT:
            return 16 * i if n.autocast else 5 * e * i
        case _:
            assert_never(arch.activation)


def mlp_frozen_saved(n: Numerics, arch: Architecture) -> int:
    """The same where all matrices are frozen: without what the last one reads, unless the activation needs it too."""
    last = 0 if arch.activation is Activation.RELU else n.compute * arch.intermediate_size
    return mlp_saved(n, arch) - last


def mlp_backward(n: Numerics, arch: Architecture) -> int:
    """Bytes a token the backward of the activation needs at once: gradients of both factors (one, without a gate), and of the residual
    stream, unless the layer's attention reads the same input.
    """
    factors = 2 if arch.activation is Activation.GATED else 1
    residual = 0 if arch.parallel_residual else n.residual * arch.hidden_size
    return factors * n.compute * arch.intermediate_size + residual


def mlp_prefill(n: Numerics, arch: Architecture) -> int:
    """Bytes a token of the working set: act(gate), up and product (fused: gate and up are one tensor, alive to the end); embeddings,
    residual, block input and norm output. Learned positions are one more vector.
    """
    e, i, h = n.compute, arch.intermediate_size, arch.hidden_size
    match arch.activation:
        case Activation.GATED if arch.altup_num_inputs:
            # gate and what became of it; streams as they came, were predicted and were first made, and eight vectors around attention
            return 4 * e * i + (3 * arch.altup_num_inputs + 8) * e * h + 4
        case Activation.GATED:
            # with norms behind, there is no output of a norm before; StableLM holds on to what attention gave
            vectors = 3 if arch.output_norms else 6 if arch.norm is Norm.LAYER else 4
            return (4 if arch.fused_gate_up else 3) * e * i + vectors * e * h
        case Activation.GELU_WRITTEN_OUT:
            return 4 * e * i + (4 if arch.parallel_residual else 5) * e * h
        case Activation.RELU:
            return 2 * e * i + 3 * e * h
        case Activation.RELU_SQUARED if not arch.num_mixer_layers:  # beside mixers, not all states are there yet at this instant
            return 3 * e * i + 4 * e * h
        case Activation.GELU | Activation.RELU_SQUARED:
            vectors = 5 if arch.norms_first or arch.position is Position.LEARNED else 4
            return 2 * e * i + vectors * e * h
        case Activation.GELU_RECOMPUTED:
            return 5 * e * i + 4 * e * h
        case _:
            assert_never(arch.activation)
