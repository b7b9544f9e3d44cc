"""What a checkpoint is quantized to, by the ``quantization_config`` of its configuration.

Source: the quantization configurations of transformers 5.24 and compressed-tensors; NVIDIA's ModelOpt.
"""

from typing import Any, NamedTuple

from core.catalogue.config_keys import Config
from core.memory import Format

#: Groups that formats with groups are reckoned with.
_GROUP_SIZE = 128
#: Modules that formats leave wide anyway, or that are small: the rest of what is left wide is told.
_WIDE_ANYWAY = ("lm_head", "embed", "gate", "router", "norm", "visi", "visual", "tower", "projector", "mtp", "audio", "conv1d")
_MANY = 5000


class Quantization(NamedTuple):
    """What a configuration says of it."""

    weights: Format | None
    """None where it says nothing, or nothing known."""
    departures: tuple[str, ...] = ()
    """Keys with something that the format does not have."""


def quantization(config: Config) -> Quantization:
    """Of a checkpoint whose ``quantization_config`` is that of ``config``."""
    found = config.get("quantization_config")
    if not isinstance(found, dict):
        return Quantization(None)
    weights = _weights_of(found)
    scheme = {"num_bits": found.get("bits"), **found} if weights is None else weights
    fmt = _format(str(found.get("quant_method", "")), found, scheme)
    departures = []
    size = scheme.get("group_size")
    if fmt in (Format.GPTQ_INT4, Format.GPTQ_INT8, Format.AWQ_INT4) and size not in (None, _GROUP_SIZE):
        departures.append(f"group_size {size}"[:40])
    if fmt is not None and fmt is not Format.MXFP4 and _leaves_more_wide(found):
        departures.append("modules_to_not_convert" if found.get("modules_to_not_convert") else "ignore")
    return Quantization(fmt, tuple(departures))


def _weights_of(found: dict[str, Any]) -> dict[str, Any] | None:
    """How compressed-tensors stores the weights of its first group of modules."""
    groups = found.get("config_groups")
    group = next(iter(groups.values()), None) if isinstance(groups, dict) else None
    weights = group.get("weights") if isinstance(group, dict) else None
    return weights if isinstance(weights, dict) else None


def _format(method: str, found: dict[str, Any], scheme: dict[str, Any]) -> Format | None:
    bits = scheme.get("num_bits")
    match method:
        case "bitsandbytes" | "":
            return _bitsandbytes(found)
        case "fp8" | "fbgemm_fp8":
            return Format.FP8_BLOCK if found.get("weight_block_size") else Format.FP8
        case "gptq" | "auto-round":
            return {4: Format.GPTQ_INT4, 8: Format.GPTQ_INT8}.get(bits if isinstance(bits, int) else 0)
        case "awq":
            return Format.AWQ_INT4 if bits == 4 else None
        case "mxfp4":
            return Format.MXFP4
        case "eetq":
            return Format.INT8
        case "modelopt" | "modelopt_fp4" | "modelopt_fp8":
            return {"FP8": Format.FP8, "NVFP4": Format.NVFP4}.get(str(found.get("quant_algo")))
        case "compressed-tensors":
            return _compressed(scheme)
        case _:
            return None


def _bitsandbytes(found: dict[str, Any]) -> Format | None:
    if found.get("load_in_4bit"):
        if found.get("bnb_4bit_quant_type", "fp4") != "nf4":
            return Format.FP4
        return Format.NF4_DOUBLE if found.get("bnb_4bit_use_double_quant") else Format.NF4
    return Format.INT8 if found.get("load_in_8bit") else None


def _compressed(scheme: dict[str, Any]) -> Format | None:
    match scheme.get("type", "int"), scheme.get("num_bits"), scheme.get("strategy"):
        case "float", 8, "block":
            return Format.FP8_BLOCK
        case "float", 8, _:
            return Format.FP8
        case "float", 4, _:
            return {16: Format.NVFP4, 32: Format.MXFP4}.get(scheme.get("group_size") or 0)
        case "int", 8, "group":
            return Format.GPTQ_INT8
        case "int", 8, _:
            return Format.INT8
        case "int", 4, "group":
            return Format.GPTQ_INT4
        case _:
            return None


def _leaves_more_wide(found: dict[str, Any]) -> bool:
    """Whether modules stay wide that the format would have narrow."""
    named = found.get("ignore") or found.get("modules_to_not_convert")
    if not isinstance(named, list):
        return False
    return any(isinstance(name, str) and not any(part in name for part in _WIDE_ANYWAY) for name in named[:_MANY])
