"""The command as a process: what it imports, and outputs of every kind."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import main
from core.memory import Scenario
from core.memory.edge import to_json, validated

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, code: str = "import sys; from core.cli import main; sys.exit(main())", **options) -> subprocess.CompletedProcess:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment, cwd=ROOT, timeout=60, **options)


class TestProcess:
    def test_an_estimate_imports_neither_qt_nor_numpy(self):
        code = (
            "import sys; from core.cli import main; code = main();"
            "print([name for name in sys.modules if name.split('.')[0] in {'PySide6', 'shiboken6', 'numpy', 'pyqtgraph', 'gui'}]);"
            "sys.exit(code)"
        )
        done = run("estimate", "--gpu", "RTX 4090", code=code, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == "[]"

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    def test_any_output_encoding(self, tmp_path, llama_7b, encoding):
        path = tmp_path / "场景.json"
        named = replace(llama_7b, **{"name": "通义千问 🙂"})
        path.write_text(to_json(validated(Scenario, architecture=named)).decode(), encoding="utf-8")
        environment = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        filesystem_encoding = {"PYTHONUTF8": "1"} if encoding == "utf-8" else {}
        for options in ([], ["--json"]):
            done = run("estimate", os.fsencode(path), *options, env=environment | filesystem_encoding, capture_output=True)
            assert (done.returncode, done.stderr) == (0, b"")
            assert done.stdout.decode(encoding)

    def test_bytes_that_are_no_text_in_an_argument(self):
        done = run("estimate", "--gpu", b"\xff\xfe", capture_output=True)
        assert done.returncode == 2
        assert done.stderr.startswith(b"fitting-room: unknown GPU")
        assert done.stderr.count(b"\n") == 1

    @pytest.mark.parametrize("options", [["estimate"], ["estimate", "--help"]], ids=" ".join)
    def test_a_reader_that_went_away(self, options):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = run(*options, stdout=writing, stderr=subprocess.PIPE)
        finally:
            os.close(writing)
        assert done.stderr == b""

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_a_full_disk(self):
        with Path("/dev/full").open("w") as full:
            done = run("estimate", stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert done.stderr == "fitting-room: cannot write the answer: No space left on device\n"


def test_without_any_streams(monkeypatch):
    """As in a program started without a console."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["estimate"]) == 0
    assert main(["estimate", "--batch", "0"]) == 2


@pytest.mark.parametrize(("error", "words"), [(BrokenPipeError(), ""), (OSError(28, "disk full"), "cannot write the answer: disk full\n")])
def test_an_output_that_cannot_be_written(monkeypatch, capsys, error, words):
    class Broken(io.StringIO):
        def write(self, text):
            raise error

    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["estimate"]) == 1
    assert capsys.readouterr().err.removeprefix("fitting-room: ") == words


def test_streams_that_are_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["estimate", "--json"]) == 0
    assert json.loads(sys.stdout.getvalue())["peak"] == "prefill"
