"""The languages of the window: English, and each that has a file in resources/i18n. A file names its own language, by its translation of
the two strings of this module.
"""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtGui import QFontDatabase

ENGLISH = "en"
_FILES = "fitting-room_"

#: What a language is written in, where not every system has it.
_SCRIPTS = {QLocale.Language.Chinese: QFontDatabase.WritingSystem.SimplifiedChinese}


@dataclass(frozen=True, slots=True)
class Language:
    """``code`` as in zh_CN; ``name`` and ``invitation`` in the language itself."""

    code: str
    name: str
    invitation: str

    @property
    def chinese(self) -> bool:
        return QLocale(self.code).language() is QLocale.Language.Chinese

    @property
    def font_is_missing(self) -> bool:
        """Whether no font of this system has its letters."""
        script = _SCRIPTS.get(QLocale(self.code).language())
        return script is not None and not QFontDatabase.families(script)


class Languages(QObject):
    """Those of ``folder``; ``choose`` makes the whole application speak one."""

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._folder = folder
        self._translators: list[QTranslator] = []
        codes = sorted(path.stem.removeprefix(_FILES) for path in folder.glob(f"{_FILES}*.qm"))
        self.all = (self._english(), *(self._language(code) for code in codes if code != ENGLISH))
        self.current = self.all[0]

    def _english(self) -> Language:
        # Not through tr(): the text itself, whatever is spoken now.
        return Language(ENGLISH, "English", "Switch to English")

    def _language(self, code: str) -> Language:
        file = QTranslator()
        file.load(f"{_FILES}{code}", str(self._folder))
        name, invitation = file.translate("Languages", "English"), file.translate("Languages", "Switch to English")
        return Language(code, name or QLocale(code).nativeLanguageName(), invitation or "")

    def _strings(self) -> tuple[str, str]:
        """For those who translate: the name of *their* language, and the invitation to switch to it."""
        return self.tr("English"), self.tr("Switch to English")

    def best(self, wanted: str) -> Language:
        """The one called ``wanted``; else the system's, else English."""
        system = QLocale.system()
        for language in self.all:
            if language.code == wanted:
                return language
        return next((language for language in self.all if QLocale(language.code).language() is system.language()), self.all[0])

    @property
    def next(self) -> Language:
        """The one after the current, round and round."""
        return self.all[(self.all.index(self.current) + 1) % len(self.all)]

    def choose(self, language: Language) -> None:
        """Install what translates to it, and its locale."""
        for translator in self._translators:
            QCoreApplication.removeTranslator(translator)
        self._translators = []
        self.current = language
        QLocale.setDefault(QLocale(language.code))
        qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        for name, folder in ((f"qtbase_{language.code}", qt_folder), (f"{_FILES}{language.code}", str(self._folder))):
            translator = QTranslator(self)
            if translator.load(name, folder):
                QCoreApplication.installTranslator(translator)
                self._translators.append(translator)
