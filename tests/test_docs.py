"""Whoever carries on is led by pages that name files: those must be there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_NAMED = re.compile(r"`((?:core|gui|resources|tests|packaging|\.ci|\.github)/[\w./-]+)`")
_EXAMPLES = {"resources/i18n/fitting-room_de.ts"}  # what somebody is to make
_LINKED = re.compile(r"\]\((?!https?:|resources/screenshots)([^)#]+)\)")  # pictures: test_project.py


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "README.zh_CN.md", "packaging/README.md"])
def test_what_a_page_names_is_there(page: str) -> None:
    text = "\n".join(line for line in (ROOT / page).read_text(encoding="utf-8").splitlines() if not line.startswith("    "))
    missing = [name for name in _NAMED.findall(text) if not (ROOT / name).exists() and name not in _EXAMPLES]
    missing += [name for name in _LINKED.findall(text) if not (ROOT / page).parent.joinpath(name).exists()]
    assert missing == []


def test_targets_that_pages_name_are_there() -> None:
    made = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "packaging/README.md"):
        named = set(re.findall(r"`?\bmake ([a-z]+(?:-[a-z]+)*)(?=`|\s{2,}| #)", (ROOT / page).read_text(encoding="utf-8")))
        assert named <= made, page
