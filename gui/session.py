"""What survives a restart: the scenario as a JSON file, and the window's own settings in QSettings.

A state file that cannot be read is set aside under another name with a message, never a crash and never lost.
"""

from pathlib import Path

from PySide6.QtCore import QByteArray, QIODevice, QSaveFile, QSettings, QStandardPaths

from core.scenario_file import Comparison, ScenarioFileError, comparison_text, read_comparison
from gui.quantities import ByteUnit
from gui.theme import ThemeChoice
from gui.zoom import nearest_zoom


def state_path() -> Path:
    """Where the last scenario lies."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(folder) / "last.fitroom.json"


def load_last(path: Path) -> tuple[Comparison | None, Path | None]:
    """(what was on screen, where a broken file was set aside). (None, None) when there is no state yet.

    The second is ``path`` itself when the broken file could not be moved.
    """
    try:
        if not path.exists():
            return None, None
        return read_comparison(path), None
    except (ScenarioFileError, OSError):  # OSError: a folder that may not be entered
        return None, _set_aside(path)


def _set_aside(path: Path) -> Path:
    for number in range(1, 100):
        aside = path.with_name(f"{path.name}.broken-{number}")
        try:
            if not aside.exists():
                path.rename(aside)
                return aside
        except OSError:
            break
    return path


def save_comparison(path: Path, comparison: Comparison) -> str:
    """Write atomically; returns what went wrong, empty when nothing did."""
    return save_bytes(path, comparison_text(comparison))


def save_bytes(path: Path, data: bytes) -> str:
    """Write ``data`` to ``path`` whole or not at all, whatever happens meanwhile: what was there stays until all of it is on the disk.
    Returns what went wrong, empty when nothing did.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return str(error)
    file = QSaveFile(str(path))
    if not file.open(QIODevice.OpenModeFlag.WriteOnly):
        return file.errorString()
    if file.write(QByteArray(data)) != len(data) or not file.commit():
        return file.errorString()
    return ""


class Preferences:
    """Settings of the window, not of the scenario. Values come back as strings in a fresh process: each is parsed."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings if settings is not None else QSettings()

    @property
    def unit(self) -> ByteUnit:
        return ByteUnit.GB if self._text("unit") == ByteUnit.GB.value else ByteUnit.GIB

    @unit.setter
    def unit(self, unit: ByteUnit) -> None:
        self._settings.setValue("unit", unit.value)

    @property
    def theme(self) -> ThemeChoice:
        try:
            return ThemeChoice(self._text("theme"))
        except ValueError:
            return ThemeChoice.SYSTEM

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._settings.setValue("theme", choice.value)

    @property
    def language(self) -> str:
        """A language code such as zh_CN; empty to follow the system."""
        return self._text("language")

    @language.setter
    def language(self, code: str) -> None:
        self._settings.setValue("language", code)

    @property
    def less_motion(self) -> bool:
        return self._text("less_motion") == "yes"

    @less_motion.setter
    def less_motion(self, less: bool) -> None:
        self._settings.setValue("less_motion", "yes" if less else "no")

    @property
    def zoom(self) -> float:
        """Of the type, 1.0 as the system has it."""
        return self._zoom("zoom")

    @zoom.setter
    def zoom(self, zoom: float) -> None:
        self._settings.setValue("zoom", str(zoom))

    @property
    def stage_zoom(self) -> float:
        """The same in a presentation, whose type is large already."""
        return self._zoom("stage_zoom")

    @stage_zoom.setter
    def stage_zoom(self, zoom: float) -> None:
        self._settings.setValue("stage_zoom", str(zoom))

    @property
    def favourite_models(self) -> list[str]:
        """Short names, the latest first."""
        return self._names("favourite_models")

    @favourite_models.setter
    def favourite_models(self, names: list[str]) -> None:
        self._settings.setValue("favourite_models", "\n".join(names))

    @property
    def recent_models(self) -> list[str]:
        """Short names, the latest first."""
        return self._names("recent_models")

    @recent_models.setter
    def recent_models(self, names: list[str]) -> None:
        self._settings.setValue("recent_models", "\n".join(names))

    @property
    def recent_files(self) -> list[str]:
        """Paths, the latest first."""
        return self._names("recent_files")

    @recent_files.setter
    def recent_files(self, paths: list[str]) -> None:
        self._settings.setValue("recent_files", "\n".join(paths))

    @property
    def marked_cards(self) -> list[str]:
        """Names, the one marked first first."""
        return self._names("marked_cards")

    @marked_cards.setter
    def marked_cards(self, names: list[str]) -> None:
        self._settings.setValue("marked_cards", "\n".join(names))

    @property
    def own_cards(self) -> str:
        """JSON, as OwnCards writes it."""
        return self._text("own_cards")

    @own_cards.setter
    def own_cards(self, text: str) -> None:
        self._settings.setValue("own_cards", text)

    @property
    def own_overheads(self) -> str:
        """JSON, as OwnOverheads writes it."""
        return self._text("own_overheads")

    @own_overheads.setter
    def own_overheads(self, text: str) -> None:
        self._settings.setValue("own_overheads", text)

    @property
    def prices(self) -> str:
        """JSON, as Prices writes it."""
        return self._text("prices")

    @prices.setter
    def prices(self, text: str) -> None:
        self._settings.setValue("prices", text)

    @property
    def training_tokens(self) -> str:
        """A whole number; empty where none was entered."""
        return self._text("training_tokens")

    @training_tokens.setter
    def training_tokens(self, text: str) -> None:
        self._settings.setValue("training_tokens", text)

    @property
    def lessons(self) -> str:
        """JSON, as the lessons' progress is written."""
        return self._text("lessons")

    @lessons.setter
    def lessons(self, text: str) -> None:
        self._settings.setValue("lessons", text)

    @property
    def geometry(self) -> QByteArray:
        value = self._settings.value("geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("geometry", geometry)

    def _names(self, key: str) -> list[str]:
        return [name for name in self._text(key).split("\n")[:100] if name]

    def _zoom(self, key: str) -> float:
        try:
            return nearest_zoom(float(self._text(key)))
        except ValueError:
            return 1.0

    def _text(self, key: str) -> str:
        value = self._settings.value(key, "")
        return value if isinstance(value, str) else ""
