"""What the README says an answer is, the command answers."""

import json
import re
import shlex
from pathlib import Path

import pytest

from core.cli import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("file", "stated"), [("README.md", r"about ([\d.]+) GiB are needed"), ("README.zh_CN.md", r"约需 ([\d.]+) GiB")])
def test_the_first_question(file, stated, capsys):
    text = (ROOT / file).read_text(encoding="utf-8")
    command = re.search(r"fitting-room (estimate --model Llama-2-70b-hf .*)", text)
    assert main([*shlex.split(command[1]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert float(re.search(stated, text)[1]) == round(found["total_bytes"] / 2**30, 1)
