"""Words for what a log says."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.run_log import What

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
        case What.CARD:
            return translate("Log", "memory of the card")
        case What.TRIED:
            return translate("Log", "could not be allocated")
        case _:
            assert_never(what)
