"""20,000 mutated files for each reader of what people hand over: each is read or refused with a reason, soon, and within 200 MB.

python tests/bench/fuzz_readers.py [inputs per reader] [seed]
"""

import json
import random
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / "core" / name) for name in ("catalogue", "lessons"))]

import header_files as files  # noqa: E402
from lesson_text import LESSON  # noqa: E402

from core.catalogue import load_gpus, load_models  # noqa: E402
from core.catalogue.config_keys import ConfigError  # noqa: E402
from core.launch import Launcher, write_line  # noqa: E402
from core.lessons.problems import LessonError  # noqa: E402
from core.lessons.reader import read_lesson  # noqa: E402
from core.lessons.stage import Stage  # noqa: E402
from core.memory import Scenario, architecture_from_parameter_count, estimate  # noqa: E402
from core.memory.edge import to_json  # noqa: E402
from core.memory.refusal import RefusedError  # noqa: E402
from core.opened import open_path  # noqa: E402
from core.run_log import read_log  # noqa: E402
from core.scenario_file import Comparison, ScenarioFileError, comparison_text, share_text  # noqa: E402
from core.trainer_config import Trainer  # noqa: E402
from core.trainer_export import export  # noqa: E402

MAX_PEAK_BYTES, MAX_SECONDS = 200 * 10**6, 2.0
BEFORE = Scenario(architecture=architecture_from_parameter_count(10**9))
SEEDS = {
    "config.json": json.dumps(files.LLAMA).encode(),
    "scenario.fitroom.json": to_json(BEFORE),
    "comparison.fitroom.json": comparison_text(Comparison(current=BEFORE, pinned=(BEFORE, BEFORE))),
    "shared.json": share_text(BEFORE).encode(),
    "model.safetensors": files.safetensors(files.SHAPES),
    "model.safetensors.index.json": json.dumps(
        {"metadata": {"total_size": 2 * files.PARAMETERS}, "weight_map": dict.fromkeys(files.SHAPES, "model.safetensors")}
    ).encode(),
    "config.yaml": files.AXOLOTL,
    "ds_config.json": json.dumps(files.DEEPSPEED).encode(),
    "accelerate.yaml": export(BEFORE.evolve(task="training", data_parallel_size=8, sharding="fsdp2"), Trainer.ACCELERATE).encode(),
    "megatron.txt": write_line(BEFORE.evolve(task="training", pipeline_parallel_size=2, data_parallel_size=4), Launcher.MEGATRON).encode(),
    "vllm.txt": write_line(BEFORE.evolve(runtime="vllm", tensor_parallel_size=2), Launcher.VLLM).encode(),
    "llama-server.txt": b"llama-server -m Qwen3-8B-Q4_K_M.gguf -c 16384 -np 2 -ngl 20 --tensor-split 3,1 --n-cpu-moe 4 -ctk q8_0 -ctv q8_0",
    "model.gguf": files.gguf(files.GGUF_KEYS, files.GGUF_TENSORS),
    "nemotron.json": json.dumps(files.NEMOTRON_NAS).encode(),
    "deci.gguf": files.gguf(files.DECI_KEYS, files.GGUF_TENSORS),
}
LOG = b"""\
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 22.00 MiB. GPU 0 has a total capacity of 23.65 GiB of which 11.06 MiB is free.
Including non-PyTorch memory, this process has 23.60 GiB memory in use. Of the allocated memory 22 GiB is allocated by PyTorch, and 9 MiB
is reserved by PyTorch but unallocated.
| Allocated memory      |   1024 MiB |   3072 MiB |  10000 MiB |   8976 MiB |
INFO model weights take 12.55GiB; non_torch_memory takes 0.16GiB; the rest of the memory reserved for KV Cache is 56.18GiB.
llm_load_tensors:      CUDA1 buffer size = 13989.53 MiB
|  0%   45C    P8              20W /  450W |   15873MiB /  24564MiB |      0%      Default |
"""
_TOKENS = (b"null", b"-1", b"1e999", b"99999999999999999999", b"true", b'""', b"[]", b"{}", b"\xff" * 8, b"\x00" * 8, b"NaN")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """``data`` with bytes changed, cut out, doubled, or replaced by what readers stumble over."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        start = rng.randrange(len(found) + 1)
        end = min(len(found), start + rng.choice((0, 1, 1, 2, 4, 8, 40)))
        match rng.randrange(5):
            case 0:
                found[start:end] = rng.randbytes(end - start)
            case 1:
                del found[start:end]
            case 2:
                found[start:start] = found[start:end] * rng.randint(1, 50)
            case 3:
                found[start:end] = rng.choice(_TOKENS)
            case 4 if rng.random() < 0.1:
                del found[start:]
    return bytes(found)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as name:
        folder = files.folder_with_safetensors(Path(name))
        for file, data in SEEDS.items():
            outcomes: Counter[str] = Counter()
            slowest, path, original = 0.0, folder / file, (folder / file).read_bytes() if (folder / file).exists() else None
            tracemalloc.reset_peak()
            for _ in range(count):
                path.write_bytes(mutated(data, rng))
                start = time.perf_counter()
                try:
                    opened = open_path(path, BEFORE)
                    estimate(opened.scenario)
                    outcomes["read"] += 1
                except (ConfigError, ScenarioFileError):
                    outcomes["refused"] += 1
                except RefusedError:
                    outcomes["read, no such run"] += 1
                slowest = max(slowest, time.perf_counter() - start)
            peak = tracemalloc.get_traced_memory()[1]
            path.unlink()
            if original is not None:
                path.write_bytes(original)
            print(f"{file}: {dict(outcomes)}, slowest {1e3 * slowest:.0f} ms, peak {peak / 1e6:.0f} MB")
            if peak > MAX_PEAK_BYTES or slowest > MAX_SECONDS:
                print("over the bound")
                return 1
    slowest = 0.0
    for _ in range(count):
        text = mutated(LOG, rng).decode(errors="replace")
        start = time.perf_counter()
        assert all(said.value_bytes >= 0 for said in read_log(text))
        slowest = max(slowest, time.perf_counter() - start)
    print(f"logs: {count}, slowest {1e3 * slowest:.0f} ms")
    return fuzz_lessons(count, rng)


def fuzz_lessons(count: int, rng: random.Random) -> int:
    """One in twenty is the longest that is shipped, the others a short one."""
    stage = Stage(load_models(ROOT / "resources" / "models.json"), load_gpus(ROOT / "resources" / "gpus.json"), BEFORE)
    shipped = max((path.read_bytes() for path in (ROOT / "resources" / "lessons").glob("*.yaml")), key=len, default=LESSON.encode())
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    tracemalloc.reset_peak()
    for number in range(count):
        data = mutated(LESSON.encode() if number % 20 else shipped, rng)
        start = time.perf_counter()
        try:
            read_lesson(data, "mine.yaml", stage)
            outcomes["read"] += 1
        except LessonError as error:
            outcomes[error.problem.value if error.line >= 1 else "without a line"] += 1
        slowest = max(slowest, time.perf_counter() - start)
    peak = tracemalloc.get_traced_memory()[1]
    print(f"lessons: {dict(outcomes)}, slowest {1e3 * slowest:.0f} ms, peak {peak / 1e6:.0f} MB")
    return int(peak > MAX_PEAK_BYTES or slowest > MAX_SECONDS or "without a line" in outcomes)


if __name__ == "__main__":
    sys.exit(main())
