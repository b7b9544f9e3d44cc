"""Controls a person needs once in ten times, folded away with their values in sight."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from core.choices import meaningless
from core.memory import Attention, Estimator, Format, Scenario
from core.memory.formats import CACHE_FORMATS
from gui.form_panel import FormPanel
from gui.theme import FontSize, font
from gui.words import attention_name, attention_short_name, estimator_name, runtime_name


class FoldedPanel(QWidget):
    """A button that opens; closed, a line with what is inside."""

    edited = Signal(object)
    reset_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.button = QToolButton(self)
        self.button.setObjectName("more")
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setText(self.tr("KV cache, attention, estimate"))
        self.button.toggled.connect(self._on_toggled)
        self.summary = QLabel(self)
        self.summary.setObjectName("more_summary")
        self.summary.setFont(font(FontSize.SMALL))
        self.summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)

        self.rows = FormPanel(self)
        self.cache_box = self.rows.add_choice(
            "kv_cache", self.tr("KV cac&he"), [(fmt.value, fmt) for fmt in Format if fmt in CACHE_FORMATS]
        )
        attentions = [(attention_name(attention), attention) for attention in Attention]
        self.attention_box = self.rows.add_choice("attention", self.tr("&Attention"), attentions)
        estimators = [(estimator_name(estimator), estimator) for estimator in Estimator]
        self.estimator_box = self.rows.add_choice("estimator", self.tr("Es&timate"), estimators)
        self.rows.edited.connect(self.edited)
        self.rows.reset_requested.connect(self.reset_requested)
        self.rows.hide()

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.summary)
        layout.addWidget(self.rows)

    def render_scenario(self, scenario: Scenario) -> None:
        """Show ``scenario``. Idempotent; emits nothing."""
        cached = meaningless(scenario, "kv_cache") is None
        self.rows.show_row(self.cache_box, cached)
        self.cache_box.render_value(scenario.kv_cache)
        self.attention_box.render_value(scenario.attention)
        self.estimator_box.render_value(scenario.estimator)
        if scenario.estimator is Estimator.RULE_OF_THUMB:
            values = [estimator_name(scenario.estimator)]
        else:
            values = [attention_short_name(scenario.attention), runtime_name(scenario.runtime)]
        text = " · ".join([scenario.kv_cache.value, *values] if cached else values)
        if text != self.summary.text():
            self.summary.setText(text)

    def _on_toggled(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.rows.setVisible(opened)
        self.summary.setVisible(not opened)
