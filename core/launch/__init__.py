"""Command lines that start a run as it is spread over GPUs: Megatron-LM, vLLM, SGLang and llama.cpp, there and back.

Read as words, never run. Sources: the options that the four document (megatron/training/arguments.py, ``vllm serve``, SGLang's server
arguments, llama-server).
"""

import re
import shlex
from collections.abc import Callable

from core.launch.engines import from_llama_cpp, from_sglang, from_vllm, is_vllm_image, to_llama_cpp, to_sglang, to_vllm
from core.launch.megatron import from_megatron, to_megatron
from core.launch.options import Launcher, LaunchLine
from core.memory import Method, Runtime, Scenario, Task
from core.spread_config import CannotSayError

__all__ = ["CannotSayError", "LaunchLine", "Launcher", "launcher_of", "read_line", "write_line"]

MAX_LINE_CHARACTERS = 20_000


def launcher_of(scenario: Scenario) -> Launcher | None:
    """The program that runs ``scenario`` from a command line of its own; None where that is a program of the user's."""
    if scenario.task is Task.TRAINING:
        return Launcher.MEGATRON if scenario.method is Method.FULL else None
    return None if scenario.runtime is Runtime.TRANSFORMERS else Launcher(scenario.runtime.value)


def write_line(scenario: Scenario, launcher: Launcher, model: str = "") -> str:
    """``scenario`` as a command, to be completed with data and paths. Raises CannotSayError."""
    words = _WRITERS[launcher](scenario, model or scenario.architecture.name or "MODEL")
    return shlex.join(words)


def read_line(text: str) -> LaunchLine | None:
    """The command that ``text`` is; None where it is something else. Never raises, and never runs anything."""
    if len(text) > MAX_LINE_CHARACTERS:
        return None
    try:
        words = shlex.split(re.sub(r"\\\r?\n", " ", text), comments=True)
    except ValueError:
        return None
    launcher = _launcher_of(words)
    return _READERS[launcher](words) if launcher is not None else None


def _launcher_of(words: list[str]) -> Launcher | None:
    names = [word.rpartition("/")[2] for word in words[:12]]
    in_container = any(is_vllm_image(word) for word in words)
    if in_container or ("vllm" in names[:4] and "serve" in names) or "vllm.entrypoints.openai.api_server" in names:
        return Launcher.VLLM
    if "sglang.launch_server" in names:
        return Launcher.SGLANG
    if any(name in ("llama-server", "llama-cli", "llama-bench") for name in names[:2]):
        return Launcher.LLAMA_CPP
    return Launcher.MEGATRON if "--tensor-model-parallel-size" in words or any(name.startswith("pretrain_") for name in names) else None


_WRITERS: dict[Launcher, Callable[[Scenario, str], list[str]]] = {
    Launcher.MEGATRON: to_megatron,
    Launcher.VLLM: to_vllm,
    Launcher.SGLANG: to_sglang,
    Launcher.LLAMA_CPP: to_llama_cpp,
}
_READERS: dict[Launcher, Callable[[list[str]], LaunchLine]] = {
    Launcher.MEGATRON: from_megatron,
    Launcher.VLLM: from_vllm,
    Launcher.SGLANG: from_sglang,
    Launcher.LLAMA_CPP: from_llama_cpp,
}
