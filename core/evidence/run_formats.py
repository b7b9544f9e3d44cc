"""Number formats as published runs name them."""

import re

from core.evidence.records import UnsupportedError
from core.memory import Format

_WEIGHT_FORMATS = (
    ("awq", "awq-int4"),
    ("w4a16", "int4"),
    ("w8a8", "int8"),
    ("int8", "int8"),
    ("fp8", "fp8"),
    ("bf16", "bf16"),
    ("bfloat16", "bf16"),
    ("fp16", "fp16"),
    ("f16", "fp16"),
    ("fp32", "fp32"),
)


def weight_format(text: str) -> Format:
    """The format that ``text`` names. Raises UnsupportedError."""
    lowered = text.lower()
    if "gptq" in lowered:
        return Format.GPTQ_INT8 if re.search(r"int8|8[- ]?bit|w8|gptq 8", lowered) else Format.GPTQ_INT4
    for part, fmt in _WEIGHT_FORMATS:
        if part in lowered:
            return Format(fmt)
    if "nf4" in lowered and ("double" in lowered or "dq" in lowered):
        return Format.NF4_DOUBLE
    if "fp4" in lowered and "mx" not in lowered and "nv" not in lowered:
        return Format.FP4
    if "nf4" in lowered or "int4" in lowered or "4-bit" in lowered:
        return Format.NF4
    raise UnsupportedError(f"the weight format {text[:60]} is not modelled")
