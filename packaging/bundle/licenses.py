"""Who wrote what is in the bundle, and the terms it is given on: the texts that go along."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

OURS = Path(__file__).resolve().parents[1] / "licenses"
#: Distributions whose wheels bring no text; that of OURS called Qt-and-PySide.txt is theirs.
QT = frozenset({"pyside6-essentials", "shiboken6"})
_LICENSE_FILE = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)


class UnexpectedContentsError(Exception):
    """Something would be shipped that nothing asks for."""


def dependencies_of(name: str) -> set[str]:
    """Normalised names of what the distribution ``name`` requires on this machine, directly or not; with its own."""
    from packaging.requirements import Requirement  # of the library: this folder is no package

    seen: set[str] = set()
    left = [name]
    while left:
        current = _normal(left.pop())
        if current in seen:
            continue
        seen.add(current)
        for text in importlib.metadata.requires(current) or ():
            required = Requirement(text)
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                left.append(required.name)
    return seen


def distributions_of(sources: Iterable[str]) -> dict[str, importlib.metadata.Distribution]:
    """The distributions that the files ``sources`` were installed by. Raises UnexpectedContentsError for one nobody requires."""
    owner = {}
    for distribution in importlib.metadata.distributions():
        for file in distribution.files or ():
            owner[str(Path(str(distribution.locate_file(file))).resolve())] = distribution
    found = {}
    for source in sources:
        owning = owner.get(str(Path(source).resolve()))
        if owning is not None:
            found[_normal(owning.metadata["Name"])] = owning
    found.pop("fitting-room", None)
    allowed = dependencies_of("fitting-room") | {
        "pyinstaller"
    }  # its loader; the exception in its license lets any program be started by it
    unasked = sorted(set(found) - allowed)
    if unasked:
        raise UnexpectedContentsError(
            f"in the bundle, though fitting-room does not depend on it: {', '.join(unasked)}; see contents.LEFT_OUT"
        )
    return found


def license_files(sources: Iterable[str]) -> list[tuple[str, str]]:
    """(place in the bundle, file) of every text that belongs to ``sources``: Python files and libraries on this machine."""
    sources = list(sources)
    texts = [(f"licenses/{path.name}", path) for path in sorted(OURS.glob("*.txt"))]
    texts.append(("licenses/Fitting-Room.txt", OURS.parents[1] / "LICENSE"))
    texts.append(("licenses/Python.txt", _python_license()))
    for name, distribution in sorted(distributions_of(sources).items()):
        own = [file for file in distribution.files or () if ".dist-info/" in str(file) and _LICENSE_FILE.search(file.name)]
        texts += [(f"licenses/{name}/{'-'.join(file.parts[-2:])}", Path(str(distribution.locate_file(file)))) for file in own]
        if not own and name not in QT:
            texts.append((f"licenses/{name}/LICENSE-{name}.txt", _head_of_source(name, distribution)))
    for package in sorted(_system_packages(sources)):
        texts.append((f"licenses/system/{package}.txt", Path(f"/usr/share/doc/{package}/copyright")))
    return [(place, str(path)) for place, path in texts]


def metadata_files(sources: Iterable[str]) -> list[tuple[str, str]]:
    """(place in the bundle, file): About names the versions, and some libraries look their own up."""
    found = []
    for distribution in distributions_of(sources).values():
        file = next(file for file in distribution.files or () if file.name == "METADATA" and ".dist-info" in str(file))
        found.append((str(file), str(distribution.locate_file(file))))
    return found


def _python_license() -> Path:
    for folder in (sysconfig.get_path("stdlib"), sys.base_prefix, f"/usr/share/doc/python{sys.version_info[0]}.{sys.version_info[1]}"):
        for name in ("LICENSE.txt", "LICENSE", "copyright"):
            if (path := Path(folder) / name).is_file():
                return path
    raise FileNotFoundError("the license of Python")


def _head_of_source(name: str, distribution: importlib.metadata.Distribution) -> Path:
    """The comment that the only module begins with, as a file of its own."""
    modules = [file for file in distribution.files or () if file.suffix == ".py" and len(file.parts) == 1]
    for module in modules:
        text = Path(str(distribution.locate_file(module))).read_text(encoding="utf-8")
        head = "\n".join(line.lstrip("# ") for line in text.split("\n\n", 1)[0].splitlines() if line.startswith("#"))
        if "copyright" in head.lower():
            path = OURS.parents[1] / "build" / f"LICENSE-{name}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(head, encoding="utf-8")
            return path
    raise FileNotFoundError(f"the license of {name}")


def _system_packages(sources: list[str]) -> set[str]:
    """Debian's names of the packages that the libraries among ``sources`` belong to; none on other systems."""
    libraries = [source for source in sources if source.startswith(("/usr/lib/", "/lib/")) and ".so" in Path(source).name]
    if not libraries or shutil.which("dpkg-query") is None:
        return set()
    paths = {path for library in libraries for path in (library, str(Path(library).resolve()), library.removeprefix("/usr"))}
    listed = subprocess.run(["dpkg-query", "--search", *sorted(paths)], capture_output=True, text=True).stdout
    packages = {line.partition(":")[0] for line in listed.splitlines()}
    return {package for package in packages if Path(f"/usr/share/doc/{package}/copyright").is_file() and not package.startswith("python3")}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
