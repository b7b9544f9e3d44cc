"""One surrounding for every test: no screen, a UTF-8 locale, and no file of the person who runs them."""

import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

# Read by Qt and by the processes that tests start, so set before either.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"  # Qt warns of any locale that is not UTF-8, and a bare machine has none
_own_files = tempfile.TemporaryDirectory(prefix="fitting-room-tests-")  # mode 0700, as Qt wants of a runtime directory
for _variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
    os.environ[_variable] = _own_files.name


class CoreAlone(MetaPathFinder):
    """Refuses what the core must do without."""

    refused = frozenset({"PySide6", "shiboken6", "pyqtgraph", "numpy"})

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self.refused:
            raise ModuleNotFoundError(f"the core was run without pytest-qt to show that it needs no {fullname}", name=fullname)
        return None


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """``-p no:pytest-qt`` takes Qt itself away too. The plugin's settings stay in pyproject.toml and must be known to somebody."""
    if not pluginmanager.hasplugin("pytest-qt"):
        sys.meta_path.insert(0, CoreAlone())
        for setting in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(setting, "belongs to pytest-qt, which is switched off")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Desktop tests move the pointer: only on a display that was named for them, never on the one somebody is working at."""
    if os.environ["QT_QPA_PLATFORM"] == "offscreen":
        skip = pytest.mark.skip(reason="needs an X display of its own: make test-desktop")
        for item in items:
            if item.get_closest_marker("desktop"):
                item.add_marker(skip)


def pytest_unconfigure() -> None:
    _own_files.cleanup()
