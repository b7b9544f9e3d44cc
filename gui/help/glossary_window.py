"""The glossary: terms to search on the left, what one means on the right. It stands beside the window and holds nothing up."""

from html import escape

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from core.catalogue.glossary import Glossary, Term
from gui.help.rich import title_html
from gui.lessons.prose import html_of
from gui.quantities import ByteUnit, Numbers

_ID = Qt.ItemDataRole.UserRole


class GlossaryWindow(QDialog):
    """In the language ``language``; the term's other name stands beside it, since papers are in English."""

    def __init__(self, glossary: Glossary, language: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("glossary")
        self.setWindowTitle(self.tr("Glossary"))
        self._glossary, self._language = glossary, language
        self.search_box = QLineEdit(self)
        self.search_box.setObjectName("glossary_search")
        self.search_box.setPlaceholderText(self.tr("Search terms"))
        self.search_box.setAccessibleName(self.tr("Search terms"))
        self.search_box.setClearButtonEnabled(True)
        self.search_box.textChanged.connect(self._on_search)
        self.terms = QListWidget(self)
        self.terms.setObjectName("glossary_terms")
        self.terms.setAccessibleName(self.tr("Terms"))
        self.terms.currentItemChanged.connect(self._on_current)
        self.text = QTextBrowser(self)
        self.text.setObjectName("glossary_text")
        self.text.setAccessibleName(self.tr("Meaning"))
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._on_link)
        for term in sorted(glossary.terms.values(), key=lambda term: self._name(term).casefold()):
            item = QListWidgetItem(self._name(term), self.terms)
            item.setData(_ID, term.id)
        left = QVBoxLayout()
        left.addWidget(self.search_box)
        left.addWidget(self.terms, 1)
        row = QHBoxLayout(self)
        row.addLayout(left, 2)
        row.addWidget(self.text, 3)
        line = self.fontMetrics().height()
        self.resize(42 * line, 24 * line)
        if self.terms.count():
            self.terms.setCurrentRow(0)

    @property
    def term(self) -> str:
        """The id of the term that is shown."""
        item = self.terms.currentItem()
        return "" if item is None else str(item.data(_ID))

    def show_term(self, term: str) -> None:
        """Show what ``term`` means; all terms where there is none such."""
        self.search_box.clear()
        for row in range(self.terms.count()):
            if self.terms.item(row).data(_ID) == term:
                self.terms.setCurrentRow(row)
                break
        self.show()
        self.raise_()
        self.activateWindow()

    def _name(self, term: Term) -> str:
        return term.name.in_language(self._language)

    def _on_search(self, text: str) -> None:
        """In names of either language, and in what they mean in one's own."""
        words = text.casefold().split()
        first = None
        for row in range(self.terms.count()):
            item = self.terms.item(row)
            term = self._glossary.terms[item.data(_ID)]
            said = " ".join((*term.name.root.values(), term.id, term.hint.in_language(self._language))).casefold()
            found = all(word in said for word in words)
            item.setHidden(not found)
            if found and first is None:
                first = item
        here = self.terms.currentItem()
        if first is not None and (here is None or here.isHidden()):
            self.terms.setCurrentItem(first)

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.text.setHtml(self._glossary_html(self._glossary.terms[item.data(_ID)]))

    def _glossary_html(self, term: Term) -> str:
        language, dim = self._language, self.palette().placeholderText().color().name()
        others = [name for code, name in term.name.root.items() if name != self._name(term) and code]
        see_also, read_on = self.tr("See also"), self.tr("Read on, in the browser")
        parts = [title_html(self._name(term), " · ".join(others), dim), html_of(term.text.in_language(language), Numbers(ByteUnit.GIB))]
        if term.see:
            links = [f'<a href="term:{known}">{escape(self._name(self._glossary.terms[known]))}</a>' for known in term.see]
            parts.append(f"<p>{escape(see_also)}: {' · '.join(links)}</p>")
        if term.links:
            pages = [self._glossary.links[known] for known in term.links]
            items = [f'<br>↗ <a href="{escape(page.url)}">{escape(page.title)}</a>' for page in pages]
            parts.append(f"<p>{escape(read_on)}:{''.join(items)}</p>")
        return "".join(parts)

    def _on_link(self, url: QUrl) -> None:
        if url.scheme() == "term":
            self.show_term(url.path())
        elif url.scheme() == "https":
            QDesktopServices.openUrl(url)
