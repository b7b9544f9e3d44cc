"""What goes into the bundle and what is left out, for the spec and for the tests. Names of modules and files; nothing is imported."""

import fnmatch
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

#: Modules that something imports in vain: never needed by the window or the command. tests/packaging runs both without them.
LEFT_OUT = (
    # Qt: pyqtgraph tries them; before_start.py stands in for what it insists on
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
    "PySide6.QtTest",
    "PySide6.QtNetwork",
    "PySide6.QtDBus",
    # numpy: loaded on demand, which never comes
    "numpy._core._multiarray_tests",
    "numpy.f2py",
    "numpy.fft",
    "numpy.polynomial",
    "numpy.random",
    "numpy.testing",
    # pyqtgraph
    "pyqtgraph.opengl",
    "pyqtgraph.examples",
    "pyqtgraph.jupyter",
    "pyqtgraph.canvas",
    "pyqtgraph.console",
    "pyqtgraph.flowchart",
    # the Hub's: fast transfer of weights, which are never fetched, and its own command line
    "hf_xet",
    "huggingface_hub.cli",
    "huggingface_hub.inference",
    "click",
    "fsspec",
    "rich",
    "shellingham",
    "typer",
    "anyio._backends._trio",
    "trio",
    "pygments",
    # YAML is read by the loader in Python, which alone can be kept from following aliases
    "yaml._yaml",
    "yaml.cyaml",
    # optional for libraries, and of the development environment
    "PIL",
    "IPython",
    "ast_serialize",
    "attr",
    "coverage",
    "dotenv",
    "email_validator",
    "hypothesis",
    "matplotlib",
    "mypy",
    "mypyc",
    "pip",
    "psutil",
    "pytest",
    "_pytest",
    "pluggy",
    "scipy",
    "setuptools",
    "pkg_resources",
    "_distutils_hack",
    # of Python's own library
    "_bz2",
    "_curses",
    "_lzma",
    "_sqlite3",
    "_tkinter",
    "_uuid",
    "curses",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "readline",
    "sqlite3",
    "test",
    "tkinter",
    "unittest",
    "venv",
)

#: The only plugins of Qt's that are taken, on any platform.
QT_PLUGINS = (
    "iconengines/*qsvgicon*",
    "imageformats/*qsvg*",
    "platforms/*qcocoa*",
    "platforms/*qoffscreen*",
    "platforms/*qwayland*",
    "platforms/*qwindows*",
    "platforms/*qxcb*",
    "platforminputcontexts/*compose*",
    "platforminputcontexts/*ibus*",
    "platformthemes/*xdgdesktopportal*",
    "styles/*",
    "wayland-decoration-client/*",
    "wayland-shell-integration/*xdg-shell*",
)

#: Libraries of Qt's that only plugins left out would need.
QT_LIBRARIES_LEFT_OUT = (
    "*Qt6EglF*",
    "*Qt6Network*",
    "*Qt6OpenGL*",
    "*Qt6Pdf*",
    "*Qt6Qml*",
    "*Qt6Quick*",
    "*Qt6Test*",
    "*Qt6VirtualKeyboard*",
    "*Qt6WlShellIntegration*",
    "*QtNetwork*",
    "*QtOpenGL*",
    "*opengl32sw*",
    "*d3dcompiler*",
)

#: Qt's own words, in the languages of the window.
_OURS = Path(__file__).resolve().parents[2] / "resources" / "i18n"
QT_TRANSLATIONS = frozenset(path.name.replace("fitting-room_", "qtbase_") for path in _OURS.glob("*.qm"))

#: On Linux: what is taken from the system that builds, since others lack it or have another version. What the .deb can depend on it
#: leaves to the system again (linux/deb.py).
FROM_THE_BUILDING_SYSTEM = (
    "libcrypto.so.*",
    "libffi.so.*",
    "libpython3.*",
    "libssl.so.*",
    "libxcb-cursor.so.*",
    "libxcb-icccm.so.*",
    "libxcb-image.so.*",
    "libxcb-keysyms.so.*",
    "libxcb-render-util.so.*",
    "libxcb-util.so.*",
    "libxkbcommon-x11.so.*",
)

#: Of our own data: what only the repository shows.
RESOURCES_LEFT_OUT = ("screenshots", "i18n/*.ts")

LARGEST = Path(__file__).with_name("largest.toml")


class Expected(NamedTuple):
    """A file that is known to be large, at most how much, and why it is there; ``always`` unless that depends on the Python that builds."""

    pattern: str
    at_most_mb: float
    reason: str
    always: bool


def wanted_binary(name: str, source: str) -> bool:
    """Whether a shared library that PyInstaller found, to be put at ``name``, belongs into the bundle."""
    name, file = name.replace("\\", "/"), Path(name.replace("\\", "/")).name
    if "/plugins/" in name:
        plugin = name.rpartition("/plugins/")[2]
        return any(fnmatch.fnmatch(plugin, pattern) for pattern in QT_PLUGINS)
    if any(fnmatch.fnmatch(file, pattern) for pattern in QT_LIBRARIES_LEFT_OUT):
        return False
    if sys.platform.startswith("linux") and _of_the_system(source, file):
        return any(fnmatch.fnmatch(file, pattern) for pattern in FROM_THE_BUILDING_SYSTEM)
    return True


def wanted_data(name: str) -> bool:
    """The same for a file of data."""
    name = name.replace("\\", "/")
    if "/translations/" in name:
        return name.rpartition("/")[2] in QT_TRANSLATIONS
    top, _, rest = name.partition("/")
    if top == "resources":
        return not any(
            rest == pattern or rest.startswith(pattern + "/") or fnmatch.fnmatch(rest, pattern) for pattern in RESOURCES_LEFT_OUT
        )
    if top == "pyqtgraph":  # icons and colour maps of widgets that the window has not
        return False
    return not top.endswith(".dist-info") and not name.endswith((".pyi", ".h", ".pxd", "py.typed"))


def _of_the_system(source: str, file: str) -> bool:
    return source.startswith(("/usr/lib/", "/lib/", "/usr/local/lib/")) and "site-packages" not in source and ".cpython-" not in file


def largest_expected() -> tuple[Expected, ...]:
    """The large files that are known, as ``largest.toml`` lists them."""
    rows = tomllib.loads(LARGEST.read_text(encoding="utf-8"))["file"]
    return tuple(Expected(row["pattern"], row["at_most_mb"], row["reason"], not row.get("not_everywhere", False)) for row in rows)


def files_by_size(folder: Path) -> list[tuple[str, int]]:
    """(path within ``folder``, bytes) of every file that is no link, the largest first."""
    files = [
        (path.relative_to(folder).as_posix(), path.stat().st_size) for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    ]
    return sorted(files, key=lambda file: (-file[1], file[0]))
