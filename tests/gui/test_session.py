import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QSettings

from core.memory import Format, Method, Optimizer, Recipe, Scenario, Task, architecture_from_parameter_count
from core.memory.edge import to_json
from core.memory.scenario import QUERY_VALUE
from core.scenario_file import MAX_PINNED, Comparison, read_comparison
from gui.quantities import ByteUnit
from gui.session import Preferences, load_last, save_comparison
from gui.theme import ThemeChoice


@pytest.fixture
def scenario() -> Scenario:
    """Nothing in it has its default."""
    return Scenario(
        name="对照 A",
        architecture=architecture_from_parameter_count(1_234_567_890_123),
        task=Task.TRAINING,
        method=Method.QLORA,
        weights=Format.INT4,
        kv_cache=Format.FP8,
        recipe=Recipe.AMP,
        optimizer=Optimizer.SGD,
        batch_size=4096,
        context_length=10_000_000,
        lora_r=8,
        lora_target_modules=QUERY_VALUE,
        gradient_checkpointing=True,
        gpu="RTX 4070",
    )


def broken_states(scenario: Scenario) -> dict[str, bytes]:
    """State files that are none of ours, or not any more, or not yet."""
    good = json.loads(to_json(scenario))
    return {
        "empty": b"",
        "no JSON": b"\x89PNG\r\n\x1a\n",
        "cut off": json.dumps(good).encode()[:-40],
        "zeros": bytes(4096),
        "no UTF-8": json.dumps(good).encode().replace(b"RTX", b"\xff\xfe\xff"),
        "another document": b'{"format": "another", "version": 1}',
        "a newer version": json.dumps(good | {"version": 2}).encode(),
        "a field of a newer version": json.dumps(good | {"tensor_parallel": 8}).encode(),
        "out of range": json.dumps(good | {"batch_size": 10**30}).encode(),
        "not a number": json.dumps(good | {"batch_size": float("nan")}).encode(),
        "deeply nested": b"[" * 100_000 + b"]" * 100_000,
        "deeply nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "a number without end": b'{"batch_size": ' + b"9" * 500_000 + b"}",
        "huge": json.dumps(good).encode() + b" " * 2_000_000,
    }


def test_what_is_saved_comes_back(tmp_path: Path, scenario: Scenario) -> None:
    path = tmp_path / "a" / "b" / "last.fitroom.json"
    assert save_comparison(path, Comparison(current=scenario)) == ""
    assert load_last(path) == (Comparison(current=scenario), None)
    assert save_comparison(path, Comparison(current=scenario.evolve(batch_size=1))) == ""
    assert load_last(path) == (Comparison(current=scenario.evolve(batch_size=1)), None)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_first_start_has_no_state(tmp_path: Path) -> None:
    assert load_last(tmp_path / "none" / "last.fitroom.json") == (None, None)


@pytest.mark.parametrize("kind", broken_states(Scenario(architecture=architecture_from_parameter_count(10**9))))
def test_a_broken_state_is_set_aside_and_kept(tmp_path: Path, scenario: Scenario, kind: str) -> None:
    path = tmp_path / "last.fitroom.json"
    data = broken_states(scenario)[kind]
    path.write_bytes(data)
    loaded, aside = load_last(path)
    assert loaded is None
    assert aside is not None
    assert aside.parent == path.parent
    assert aside.read_bytes() == data
    assert not path.exists()
    assert load_last(path) == (None, None)


def test_a_second_broken_state_does_not_replace_the_first(tmp_path: Path) -> None:
    path = tmp_path / "last.fitroom.json"
    kept = {}
    for number in range(3):
        path.write_text(f"broken {number}")
        _, aside = load_last(path)
        assert aside is not None
        kept[aside] = f"broken {number}"
    assert {aside: aside.read_text() for aside in kept} == kept
    assert len(kept) == 3


def test_a_folder_in_place_of_the_state_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "last.fitroom.json"
    (path / "inside").mkdir(parents=True)
    loaded, aside = load_last(path)
    assert loaded is None
    assert aside is not None


def test_where_nothing_can_be_written_it_says_why(tmp_path: Path, scenario: Scenario) -> None:
    """A file in place of a folder refuses everyone, root too."""
    (tmp_path / "file").write_text("in the way")
    assert save_comparison(tmp_path / "file" / "last.fitroom.json", Comparison(current=scenario))
    (tmp_path / "folder.json").mkdir()
    assert save_comparison(tmp_path / "folder.json", Comparison(current=scenario))


class TestPreferences:
    """Settings as another process finds them: an ini file holds strings, whatever was put in."""

    @pytest.fixture
    def written(self, tmp_path: Path) -> Callable[[str], Preferences]:
        def write(lines: str) -> Preferences:
            path = tmp_path / "settings.ini"
            path.write_text(f"[General]\n{lines}\n")
            return Preferences(QSettings(str(path), QSettings.Format.IniFormat))

        return write

    def test_first_start(self, written: Callable[[str], Preferences]) -> None:
        preferences = written("")
        assert preferences.unit is ByteUnit.GIB
        assert preferences.theme is ThemeChoice.SYSTEM
        assert preferences.language == ""
        assert preferences.geometry.isEmpty()

    @pytest.mark.parametrize("nonsense", ["false", "0", "neon", "", "a, b, c", "@Invalid()", "@ByteArray(x)", "GB GB"])
    def test_nonsense_is_as_if_never_set(self, written: Callable[[str], Preferences], nonsense: str) -> None:
        preferences = written(f"unit={nonsense}\ntheme={nonsense}\ngeometry={nonsense}\nlanguage={nonsense}")
        assert preferences.unit is ByteUnit.GIB
        assert preferences.theme is ThemeChoice.SYSTEM
        assert isinstance(preferences.geometry, QByteArray)
        assert isinstance(preferences.language, str)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("unit", ByteUnit.GB),
            ("unit", ByteUnit.GIB),
            ("theme", ThemeChoice.DARK),
            ("theme", ThemeChoice.LIGHT),
            ("theme", ThemeChoice.SYSTEM),
            ("language", "zh_CN"),
            ("geometry", QByteArray(b"\x01\xd9\xd0\xcb\x00\xff")),
        ],
    )
    def test_what_is_set_is_found_by_the_next_process(self, tmp_path: Path, name: str, value: Any) -> None:
        path = str(tmp_path / "settings.ini")
        settings = QSettings(path, QSettings.Format.IniFormat)
        setattr(Preferences(settings), name, value)
        settings.sync()
        del settings  # QSettings objects of one file share their values while both live
        assert getattr(Preferences(QSettings(path, QSettings.Format.IniFormat)), name) == value


def test_a_process_killed_amid_saving_leaves_a_whole_file(tmp_path: Path, scenario: Scenario) -> None:
    """Ten times, whenever it happens to be: what is there is what was saved last or the time before."""
    path = tmp_path / "plan.fitroom.json"
    assert save_comparison(path, Comparison(current=scenario)) == ""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from core.scenario_file import MAX_PINNED, Comparison, read_comparison\n"
        "from gui.session import save_comparison\n"
        "path = Path(sys.argv[1])\n"
        "now = read_comparison(path).current\n"
        "print('saving', flush=True)\n"
        "while True:\n"
        "    now = now.evolve(batch_size=now.batch_size % 4096 + 1)\n"
        "    assert save_comparison(path, Comparison(current=now, pinned=(now,) * 6)) == ''\n"
    )
    root = Path(__file__).resolve().parents[2]
    for round_number in range(10):
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, cwd=root) as saving:
            assert saving.stdout is not None
            assert saving.stdout.readline() == b"saving\n"
            size = path.stat().st_size
            deadline = time.monotonic() + 0.0023 * round_number
            while time.monotonic() < deadline:
                size = path.stat().st_size
            saving.kill()
        assert size > 0
        assert read_comparison(path).current.architecture == scenario.architecture


# Killed amid a save

ROOT = Path(__file__).resolve().parents[2]
_SAVES_AND_SAVES = """
import sys
from pathlib import Path
from core.memory import Scenario, architecture_from_parameter_count
from core.scenario_file import MAX_PINNED, Comparison
from gui.session import save_comparison
path, number = Path(sys.argv[1]), 0
architecture = architecture_from_parameter_count(7 * 10**9)
while True:
    number += 1
    scenarios = [Scenario(architecture=architecture, name=f"{sys.argv[2]}.{number} {'x' * 150}") for _ in range(1 + MAX_PINNED)]
    print("saving", flush=True)
    problem = save_comparison(path, Comparison(current=scenarios[0], pinned=tuple(scenarios[1:])))
    assert not problem, problem
"""
_KILLS = 10


def test_a_process_that_is_killed_amid_a_save_loses_nothing(tmp_path: Path) -> None:
    """Killed at moments spread over one save: what lies there is always one whole save, this process's or one before it."""
    path = tmp_path / "last.fitroom.json"
    seen = set()
    for kill in range(_KILLS):
        command = [sys.executable, "-c", _SAVES_AND_SAVES, str(path), str(kill)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.readline()  # one save was finished
            start = time.perf_counter()
            process.stdout.readline()
            end = time.perf_counter()
            while time.perf_counter() < end + (end - start) * kill / _KILLS:
                pass
            process.kill()
        found = read_comparison(path)
        names = {scenario.name for scenario in (found.current, *found.pinned)}
        assert len(names) == 1, "parts of one save, not of two"
        assert len(found.pinned) == MAX_PINNED
        number = names.pop().split()[0]
        assert number.startswith(f"{kill}."), "the save before was not lost"
        seen.add(number.split(".")[1])
    assert {"2", "3"} & seen
