"""Help on the part of the window in use: a hint as its tooltip, its term in the glossary by F1 or by a right click."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from core.catalogue.glossary import Glossary
from core.memory import Component
from gui.body import Body
from gui.help.glossary_window import GlossaryWindow
from gui.help.terms import TERMS, term_of
from gui.widgets.caption import Caption


class ContextHelp(QObject):
    """Lives as long as ``window``."""

    def __init__(self, glossary: Glossary, language: Callable[[], str], window: QWidget) -> None:
        super().__init__(window)
        self._glossary, self._language, self._window = glossary, language, window
        self._body: Body | None = None
        self._pointed: Component | None = None
        self.glossary_window: GlossaryWindow | None = None

    def attach(self, body: Body) -> None:
        """Give the parts that are there from now on their hints."""
        self._body, self._pointed = body, None
        body.installEventFilter(self)
        body.explorer.legend.pointed.connect(self._on_pointed)
        body.explorer.breakdown.chart.pointed.connect(self._on_pointed)
        for caption in body.findChildren(Caption):
            self._hint(caption, term_of(caption))
        for name, term in TERMS.items():
            for part in body.findChildren(QWidget, name):
                self._hint(part, term)
        if self.glossary_window is not None:
            shown, term = self.glossary_window.isVisible(), self.glossary_window.term
            self._make_window()
            if shown:
                self.show_term(term)

    def _hint(self, part: QWidget, term: str) -> None:
        known = self._glossary.terms.get(term)
        if known is None:
            return
        hint = known.hint.in_language(self._language())
        if isinstance(part, Caption) or not part.toolTip() or "\n" not in part.toolTip():
            more = self.tr("F1: more of it")
            part.setToolTip("\n".join(filter(None, (hint, part.toolTip(), more))))
        part.setWhatsThis(hint)

    def show_help(self) -> None:
        """On what is pointed at in the chart, else on the control that has the focus."""
        term = self._pointed.value if self._pointed is not None else term_of(QApplication.focusWidget())
        self.show_term(term)

    def show_term(self, term: str) -> None:
        if self.glossary_window is None:
            self._make_window()
        if self.glossary_window is not None:
            self.glossary_window.show_term(term)

    def _make_window(self) -> None:
        if self.glossary_window is not None:
            self.glossary_window.close()
            self.glossary_window.deleteLater()
        self.glossary_window = GlossaryWindow(self._glossary, self._language(), self._window)

    def _on_pointed(self, component: Component | None) -> None:
        self._pointed = component

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A right click that no part has a use for itself."""
        if isinstance(event, QContextMenuEvent) and watched is self._body and self._body is not None:
            part = self._body.childAt(event.pos())
            term = self._pointed.value if self._pointed is not None else term_of(part)
            known = self._glossary.terms.get(term)
            if known is not None:
                menu = QMenu(self._window)
                name = known.name.in_language(self._language())
                action = menu.addAction(self.tr("What is “{term}”?").format(term=name.replace("&", "&&")))
                action.triggered.connect(lambda: self.show_term(term))
                menu.popup(event.globalPos())
                event.accept()
                return True
        return super().eventFilter(watched, event)
