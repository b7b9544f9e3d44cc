"""Words for what a log says."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.memory import Runtime
from core.run_log import What
from gui.words import runtime_name

translate = QCoreApplication.translate


def what_name(what: What) -> str:
    match what:
        case What.PROCESS:
            return translate("Log", "in use by the process")
        case What.RESERVED:
            return translate("Log", "reserved by PyTorch")
        case What.ALLOCATED:
            return translate("Log", "allocated by PyTorch")
        case What.WEIGHTS:
            return translate("Log", "weights")
        case What.KV_CACHE:
            return translate("Log", "KV cache")
        case What.KV_POOL:
            return translate("Log", "pool for the KV cache (of 90 % of the card)")
        case What.ACTIVATION_PEAK:
            return translate("Log", "largest step")
        case What.COMPUTE_BUFFER:
            return translate("Log", "compute buffer")
        case What.GRAPHS:
            return translate("Log", "CUDA graphs")
        case What.CONTEXT:
            return translate("Log", "CUDA context, libraries")
        case What.NON_TORCH:
            return translate("Log", "not PyTorch’s, beside the context")
        case What.CARD:
            return translate("Log", "memory of the card")
        case What.BOARD:
            return translate("Log", "memory of the card, as nvidia-smi counts")
        case What.TRIED:
            return translate("Log", "could not be allocated")
        case _:
            assert_never(what)


def process_name(kind: str) -> str:
    """Processes of one kind, as a subject in the plural."""
    if kind == "torch":
        return translate("Log", "PyTorch’s processes")
    name = runtime_name(Runtime(kind)) if kind in set(Runtime) else kind
    return translate("Log", "{runtime}’s processes").format(runtime=name)
