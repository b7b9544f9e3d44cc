"""The application as it is shipped: how large, what is in it, on whose terms; and that it runs where nothing else is."""

import fnmatch
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import contents
import pytest
from PySide6.QtGui import QImage

from core import __version__

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def test_the_folder_is_small(bundle: Path) -> None:
    assert sum(size for _, size in contents.files_by_size(bundle)) / 1e6 <= 190


@pytest.mark.parametrize(("pattern", "at_most"), [("*.deb", 62), ("*.tar.xz", 58)])
def test_what_is_downloaded_is_small(bundle: Path, pattern: str, at_most: float) -> None:
    made = [path for path in (ROOT / "dist").glob(pattern) if path.stat().st_mtime >= (bundle / "fitting-room").stat().st_mtime]
    if not made:
        pytest.skip("not made from this bundle")
    assert all(megabytes(path) <= at_most for path in made)


def test_every_large_file_has_a_reason(bundle: Path) -> None:
    expected = contents.largest_expected()
    for name, size in contents.files_by_size(bundle)[:20]:
        row = next((row for row in expected if fnmatch.fnmatch(name, row.pattern)), None)
        assert row is not None, f"{name} ({size / 1e6:.1f} MB) is among the largest, and {contents.LARGEST.name} does not say why"
        assert size <= row.at_most_mb * 1e6, f"{name} has grown to {size / 1e6:.1f} MB"


def test_reasons_are_given_for_what_is_there(bundle: Path) -> None:
    names = [name for name, _ in contents.files_by_size(bundle)]
    for row in contents.largest_expected():
        assert fnmatch.filter(names, row.pattern) or not row.always, f"{row.pattern} is gone: take its line out"


def test_nothing_is_in_it_that_was_left_out(bundle: Path) -> None:
    readers = pytest.importorskip("PyInstaller.archive.readers")
    program = readers.CArchiveReader(str(bundle / "fitting-room"))
    modules = set(program.open_embedded_archive("PYZ.pyz").toc)
    assert "gui.main_window" in modules
    wrong = {module for module in modules if any(module == out or module.startswith(out + ".") for out in contents.LEFT_OUT)}
    assert not wrong
    names = [name for name, _ in contents.files_by_size(bundle)]
    assert not [name for name in names if "/plugins/" in name and not contents.wanted_binary(name, "")]
    assert not fnmatch.filter(names, "*/resources/screenshots/*")


def test_terms_of_everything(bundle: Path) -> None:
    folder = bundle / "_internal" / "licenses"
    texts = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 100}
    assert {"Fitting-Room.txt", "Python.txt", "Qt-and-PySide.txt", "LGPL-3.0.txt", "GPL-3.0.txt", "ICU.txt"} <= texts
    assert {"numpy", "pydantic", "pydantic-core", "pyqtgraph", "huggingface-hub", "nvidia-ml-py", "pyyaml", "pyinstaller"} <= texts


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names as Linux has them")
def test_qt_can_be_replaced(bundle: Path) -> None:
    """The LGPL's wish: Qt and its bindings are shared libraries of their own, and are found by their place alone."""
    internal = bundle / "_internal"
    for name in ("PySide6/Qt/lib/libQt6Core.so.6", "PySide6/Qt/lib/libQt6Widgets.so.6", "PySide6/QtCore.abi3.so"):
        assert (internal / name).read_bytes()[:4] == b"\x7fELF"
    program = (bundle / "fitting-room").read_bytes()
    assert b"QApplicationPrivate" not in program


def test_no_path_of_the_builder(bundle: Path) -> None:
    places = [f"{ROOT}/{folder}/".encode() for folder in ("core", "gui", ".venv", "packaging")]
    names = [name for name, _ in contents.files_by_size(bundle)]
    assert [name for name in names if any(place in (bundle / name).read_bytes() for place in places)] == []


def test_the_window_paints(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "图 1.png"
    done = run("--smoke-test", str(target))
    assert (done.returncode, done.stderr) == (0, "")
    picture = QImage(str(target))
    assert picture.width() >= 1000
    assert len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)}) > 50


def test_the_command_answers_as_the_source_does(run: Run) -> None:
    arguments = ("estimate", "--model", "Qwen3-8B", "--gpu", "RTX 4090", "--json")
    done = run(*arguments, QT_QPA_PLATFORM="")
    assert done.returncode == 0, done.stderr
    source = subprocess.run([sys.executable, "-m", "gui", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(source.stdout)
    assert run("--version").stdout.startswith(f"fitting-room {__version__}")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as Linux's loader tells")
def test_the_command_needs_no_qt(run: Run, tmp_path: Path) -> None:
    """Over SSH: loading the libraries of a display would be a second, where they are there at all."""
    done = run("estimate", LD_DEBUG="libs", LD_DEBUG_OUTPUT="loaded")
    assert done.returncode == 0
    loaded = "".join(path.read_text() for path in tmp_path.glob("loaded*"))
    assert "libpython3" in loaded
    assert "libQt6Core" not in loaded


def test_evidence_goes_along(run: Run, bundle: Path) -> None:
    done = run("score", str(bundle / "_internal" / "resources" / "evidence" / "inference.jsonl"))
    assert done.returncode == 0, done.stderr


def test_the_hub_is_asked_with_what_is_in_it(run: Run) -> None:
    """The Hub's library and its client are there: what is missing is the other side, which refuses."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        done = run("estimate", "hf:somebody/something", HF_ENDPOINT=f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert done.returncode == 2
    assert "cannot be reached" in done.stderr


def test_without_a_display_is_one_line(run: Run) -> None:
    done = run(QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
