"""The model drop-down: type words of a name, a family or a size, or pick one; favourites and recent ones come first."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSignalBlocker, QSortFilterProxyModel, QStringListModel, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QToolButton, QWidget

from core.catalogue.models import Model, find_model
from core.catalogue.names import suggest
from core.memory import Architecture
from gui.model_shelf import ModelShelf
from gui.widgets.calm import WindowUndo
from gui.widgets.choice_slider import CalmComboBox


def search_text(model: Model) -> str:
    """All that a model can be found by: name, organisation, other names, family, and its size as people write it."""
    billions = model.architecture.nominal_parameters / 10**9
    size = f"{billions:g}b" if billions >= 1 else f"{1000 * billions:g}m"
    return " ".join((model.name, *model.aliases, model.family, size)).casefold()


def has_words(text: str, words: Sequence[str]) -> bool:
    """Whether every word is in ``text``; a number only where one begins: "7b" is not in "1.7b"."""
    return all(re.search(rf"(?<![\d.]){re.escape(word)}" if word[0].isdigit() else re.escape(word), text) for word in words)


class _Matches(QSortFilterProxyModel):
    """The names of models that have every word that was typed."""

    def __init__(self, models: Sequence[Model], parent: QWidget) -> None:
        super().__init__(parent)
        self._texts = {model.short_name: search_text(model) for model in models}
        self._words: list[str] = []

    def set_typed(self, typed: str) -> None:
        self._words = typed.casefold().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        name = self.sourceModel().index(row, 0, parent).data()
        text = self._texts.get(name, "")
        return has_words(text, self._words)


class ModelBox(CalmComboBox):
    """Emits the Model picked; text that names none gives way to the model shown."""

    picked = Signal(object)
    unknown = Signal(object)
    """The text that names no model, and the names that come near it, as a tuple (text, list)."""

    def __init__(self, models: Sequence[Model], shelf: ModelShelf, parent: QWidget) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._all = tuple(models)
        self._models = {model.architecture.name: model for model in models}
        self._shown = ""
        self.setObjectName("model")
        self.setAccessibleName(self.tr("Model"))
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self._listed = QStringListModel(self)
        self._matches = _Matches(self._all, self)
        self._matches.setSourceModel(self._listed)
        completer = QCompleter(self._matches, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.text_box = QLineEdit(self)
        self.setLineEdit(self.text_box)
        self.text_box.setCompleter(completer)
        WindowUndo(self.text_box)
        self.text_box.textEdited.connect(self._matches.set_typed)
        self.favourite_button = QToolButton(parent)
        self.favourite_button.setObjectName("favourite_model")
        self.favourite_button.setCheckable(True)
        self.favourite_button.setAutoRaise(True)
        self.favourite_button.setAccessibleName(self.tr("Favourite model"))
        self.favourite_button.setToolTip(self.tr("Keep this model at the head of the list"))
        self.favourite_button.clicked.connect(self._on_favourite)
        self._list_models()
        shelf.changed.connect(self._list_models)
        self.textActivated.connect(self._on_activated)
        self.text_box.editingFinished.connect(self._on_finished)

    def render_architecture(self, architecture: Architecture) -> None:
        """Show the name of ``architecture``; a shape made from a parameter count has none."""
        name = architecture.name or self.tr("custom size")
        if name == self._shown:
            return
        self._shown = name
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findText(name))
            self._write(name)
        self._render_favourite()

    def _write(self, name: str) -> None:
        """From its beginning, by which a model is known where the whole name does not fit; that is the tool tip's."""
        self.setEditText(name)
        self.text_box.setCursorPosition(0)
        self.setToolTip(name)

    def _list_models(self) -> None:
        """Favourites and recent ones, a line, and all others as the catalogue has them."""
        first = [name for name in self._shelf.first() if name in self._models]
        others = [name for name in self._models if name not in first]
        with QSignalBlocker(self):
            self.clear()
            self.addItems([*first, *others])
            if first:
                self.insertSeparator(len(first))
            self._listed.setStringList([*first, *others])
            self.setCurrentIndex(self.findText(self._shown))
            self._write(self._shown)
        self._render_favourite()

    def _render_favourite(self) -> None:
        favourite = self._shelf.is_favourite(self._shown)
        self.favourite_button.setEnabled(self._shown in self._models)
        self.favourite_button.setChecked(favourite)
        self.favourite_button.setText("★" if favourite else "☆")

    def _on_favourite(self, favourite: bool) -> None:
        self._shelf.set_favourite(self._shown, favourite)

    def _on_activated(self, name: str) -> None:
        model = self._models.get(name)
        if model is not None and name != self._shown:
            self.picked.emit(model)
            self._shelf.use(name)

    def _on_finished(self) -> None:
        """Names are understood as the command line understands them: in any case, with or without the organisation."""
        text = self.currentText().strip()
        if text == self._shown or not text:
            self._write(self._shown)
            return
        model = find_model(self._all, text) or self._only_one_with(text)
        self._write(self._shown if model is None else model.architecture.name)
        if model is not None:
            self._on_activated(model.architecture.name)
        else:
            self.unknown.emit((text, suggest(list(self._models), text)))

    def _only_one_with(self, part: str) -> Model | None:
        """The model that alone has all words of ``part`` in it."""
        words = part.casefold().split()
        meant = [model for model in self._all if has_words(search_text(model), words)]
        return meant[0] if len(meant) == 1 else None
