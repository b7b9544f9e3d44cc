"""The window in other languages: keeps the translations in step with the words of ``gui``.

``python packaging/translations.py update|check|release|add CODE``, with the Python of the virtual environment, where Qt's own tools lie:

update   brings the strings of gui into the .ts files, drops those that are gone, and names each that lacks a translation
release  compiles each .ts file into the .qm file that the window loads; both are committed, so that installing builds nothing
add      begins a language, such as de or pt_BR: a .ts file to finish is all it takes
check    names everything that is wrong and changes nothing; the exit status is 1 when anything is
"""

import ast
import re
import shutil
import string
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUI = ROOT / "gui"
TS = ROOT / "resources" / "i18n" / "fitting-room_zh_CN.ts"

# What puts its text before somebody: on the screen, in a tooltip, or into a screen reader.
SINK = re.compile(
    r"Q\w*(?:Action|Button|CheckBox|GroupBox|Item|Label|Event)|add(?:Item|Items|Tab)|_?show\w*"
    r"|set(?:\w*Text|\w*Title|Accessible\w+|Caption|Hint|Prefix|StatusTip|Suffix|ToolTip|WhatsThis)"
)

# The same in every language: names of projects, algorithms and formats, and of a key.
PROPER_NAMES = frozenset(
    {
        "Adafactor",
        "AdamW",
        "Adam",
        "SGD",
        "DPO, IPO",
        "KTO",
        "ORPO",
        "SimPO",
        "LoRA",
        "QLoRA",
        "fp32",
        "SDPA",
        "eager",
        "transformers",
        "vLLM",
        "SGLang",
        "llama.cpp",
        "Ctrl+",
    }
)

# Shown as they are, each for its reason.
UNTRANSLATED = frozenset(
    {
        # names of fonts
        "Noto Sans CJK SC",
        "Source Han Sans SC",
        "PingFang SC",
        "Microsoft YaHei",
        "WenQuanYi Micro Hei",
        "Switch to English",  # in English whatever is spoken: who reads it wants English
        "Fitting Room",  # the application's name for the desktop, set before any translation is loaded
        "放得下",  # measured, not shown: the widest word of a column
        "没有中文字体 / No Chinese font is installed (for example: fonts-noto-cjk).",  # whoever reads it sees no Chinese: both languages
    }
)

# Functions whose strings are for a terminal, where Fitting Room speaks English, or are a style sheet. Those called …_html are left out too.
NOT_ON_SCREEN = frozenset({"display_problem", "run_window", "_smoke_test", "segment_style"})

_WORD = re.compile(r"[A-Za-z]{2}|[\u4e00-\u9fff]")
_PROSE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|[\u4e00-\u9fff]")
_TAG = re.compile(r"</?\w+>")
_MNEMONIC = re.compile(r"&(\w)")
_CHINESE_MNEMONIC = re.compile(r"\(&([A-Z])\)$")


@dataclass(frozen=True)
class Message:
    """One string and its translation; the context is the class that says it."""

    context: str
    source: str
    comment: str
    translation: str
    state: str
    """Empty when finished; else unfinished, vanished or obsolete."""
    plurals: tuple[str, ...] = ()
    """The forms of one that counts; ``translation`` is the first of them."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.context, self.source, self.comment

    @property
    def finished(self) -> bool:
        return not self.state and all((self.translation, *self.plurals))

    def __str__(self) -> str:
        return f"{self.context}: “{self.source}”"


def main() -> int:
    commands = {"update": update, "check": check, "release": release}
    if len(sys.argv) == 3 and sys.argv[1] == "add":
        return add(sys.argv[2])
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print("usage: translations.py update|check|release|add CODE", file=sys.stderr)
        return 2
    return commands[sys.argv[1]]()


def update() -> int:
    """New strings come in unfinished; a reworded one keeps its old translation, marked so, as a start."""
    TS.parent.mkdir(parents=True, exist_ok=True)
    for ts in files():
        run_lupdate(ts)
        messages = read(ts)
        lacking = [message for message in messages if not message.finished]
        print(f"{ts.relative_to(ROOT)}: {len(messages)} strings, {len(lacking)} of them without a finished translation")
        for message in lacking:
            print(f"    {message}" + (f"  (so far: “{message.translation}”)" if message.translation else ""))
    return 0


def release() -> int:
    for ts in files():
        run_lrelease(ts, ts.with_suffix(".qm"))
    return 0


def files() -> list[Path]:
    """A file for each language; of English it has the plural forms alone."""
    return sorted({TS, *TS.parent.glob("fitting-room_*.ts")})


def add(code: str) -> int:
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", code):
        print(f"{code} is no code of a language, such as de or pt_BR", file=sys.stderr)
        return 2
    ts = TS.with_name(f"fitting-room_{code}.ts")
    run_lupdate(ts)
    print(f"Finish {name_of(ts)}, with a text editor or pyside6-linguist; then make translations, and the window offers it.")
    return 0


def check() -> int:
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print("\nmake translations renews the files; then finish those in resources/i18n/*.ts and run it again.", file=sys.stderr)
    return 1 if found else 0


def problems() -> list[str]:
    """All that ``check`` has to say; empty when the translation is complete and compiled."""
    found = [problem for path in python_files() for problem in literal_problems(path.read_text(encoding="utf-8"), name_of(path))]
    for ts in files():
        if not ts.is_file():
            found.append(f"{name_of(ts)} is missing")
            continue
        messages = read(ts)
        in_file = (*message_problems(messages, chinese=ts.stem.endswith("_zh_CN")), *drift(messages, ts), *compiled_problems(ts))
        found += [f"{name_of(ts)}: {problem}" for problem in in_file]
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files() -> list[Path]:
    return sorted(GUI.rglob("*.py"))


# ---- Qt's tools


def run_lupdate(ts: Path) -> None:
    sources = [str(path) for path in python_files()]
    # Without locations, moving a line of code changes nothing in the file.
    plurals = ["-pluralonly"] if ts.stem.endswith("_en") else []
    run_tool("pyside6-lupdate", "-silent", "-no-obsolete", "-locations", "none", *plurals, *sources, "-ts", str(ts))


def run_lrelease(ts: Path, qm: Path) -> None:
    run_tool("pyside6-lrelease", "-silent", "-nounfinished", str(ts), "-qm", str(qm))


def run_tool(name: str, *arguments: str) -> None:
    """Run the tool that stands beside this Python, as pip puts it there."""
    tool = shutil.which(name, path=str(Path(sys.executable).parent))
    if tool is None:
        sys.exit(f"{name} was not found beside {sys.executable}: run this with the Python of the virtual environment")
    if subprocess.run([tool, *arguments], cwd=ROOT).returncode:
        sys.exit(f"{name} failed")


# ---- The file of translations


def read(ts: Path) -> list[Message]:
    messages = []
    for context in ET.parse(ts).iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            plurals = tuple(form.text or "" for form in translation.iter("numerusform"))
            messages.append(
                Message(
                    context=context.findtext("name", ""),
                    source=message.findtext("source", ""),
                    comment=message.findtext("comment", ""),
                    translation=plurals[0] if plurals else "".join(translation.itertext()).strip(),
                    state=translation.get("type", ""),
                    plurals=plurals,
                )
            )
    return messages


def message_problems(messages: Iterable[Message], *, chinese: bool = True) -> Iterator[str]:
    """What is wrong with translations in themselves."""
    letters: dict[str, Message] = {}
    for message in messages:
        if not message.finished:
            yield f"{message} has no finished translation"
            continue
        if any(placeholders(message.source) != placeholders(form) for form in (message.translation, *message.plurals)):
            yield f"{message} and its translation “{message.translation}” have different placeholders"
        mnemonic = _CHINESE_MNEMONIC if chinese else _MNEMONIC
        wanted, got = bool(_MNEMONIC.search(message.source)), mnemonic.search(message.translation)
        if wanted != bool(got) or message.translation.count("&") != int(wanted):
            yield f"{message} and its translation “{message.translation}” must both have a mnemonic, such as 模型(&M), or neither"
        elif got is not None:
            other = letters.setdefault(got[1].upper(), message)
            if other is not message:
                yield f"{message} has the mnemonic {got[1]} of {other}"


def placeholders(text: str) -> list[str]:
    """Names in braces, in order of the alphabet; a text that str.format cannot read has one that no other text has."""
    try:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return [text]


def drift(messages: Iterable[Message], ts: Path) -> Iterator[str]:
    """Where the file and the strings of gui have gone apart."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, ts.name)
        shutil.copy(ts, fresh)
        run_lupdate(fresh)
        now = {message.key: message for message in read(fresh)}
    known = {message.key: message for message in messages}
    yield from (f"{message} is new in gui" for key, message in now.items() if key not in known)
    yield from (f"{message} is no longer in gui" for key, message in known.items() if key not in now)


def compiled_problems(ts: Path) -> Iterator[str]:
    compiled = ts.with_suffix(".qm")
    if not compiled.is_file():
        yield f"{compiled.name} is missing"
        return
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, compiled.name)
        run_lrelease(ts, fresh)
        if fresh.read_bytes() != compiled.read_bytes():
            yield f"{compiled.name} is not what {ts.name} compiles to"


# ---- The strings in the code


def literal_problems(code: str, name: str) -> list[str]:
    """Strings in ``code`` that somebody would read in English whatever the language."""
    finder = _LiteralFinder(name, every_return=name.endswith("/words.py"))
    finder.visit(ast.parse(code))
    return finder.found


class _LiteralFinder(ast.NodeVisitor):
    """Looks for words in calls of ``SINK``, in what words.py returns, and for whole phrases anywhere."""

    def __init__(self, name: str, *, every_return: bool) -> None:
        self.found: list[str] = []
        self._name = name
        self._every_return = every_return
        self._shown = False

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("tr", "translate"):
            texts = node.args[:2] if called == "tr" else node.args[:3]
            if not all(isinstance(text, ast.Constant) for text in texts):
                self._report(node, f"{called}() takes literal text alone: lupdate reads the code and does not run it")
            return
        self._visit_inside(node, shown=bool(SINK.fullmatch(called)) or (self._shown and called in ("format", "join")))

    def visit_Return(self, node: ast.Return) -> None:
        self._visit_inside(node, shown=self._every_return)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._visit_inside(node, shown=False)

    def visit_Compare(self, node: ast.Compare) -> None:
        self._visit_inside(node, shown=False)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name not in NOT_ON_SCREEN and not node.name.endswith("_html"):
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Exceptions speak to developers."""

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # else it is a docstring
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if not isinstance(node.value, str) or node.value in UNTRANSLATED | PROPER_NAMES:
            return
        if (_WORD if self._shown else _PROSE).search(_TAG.sub("", node.value)):
            self._report(node, f"“{node.value}” is not translated: it belongs into tr(), or on a list in packaging/translations.py")

    def _visit_inside(self, node: ast.AST, *, shown: bool) -> None:
        outer, self._shown = self._shown, shown
        self.generic_visit(node)
        self._shown = outer

    def _report(self, node: ast.expr, problem: str) -> None:
        self.found.append(f"{self._name}:{node.lineno}: {problem}")


if __name__ == "__main__":
    sys.exit(main())
