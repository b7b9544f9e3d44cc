"""Colours, fonts and sizes. Own palettes: ``setColorScheme`` does nothing on some platforms, and stylesheets fight palettes.

Colour says what makes memory grow. Three families, lightness steps within each: model state in blues, what grows with
tokens from amber to umber (a plum would be a blue to whoever sees red and green alike), overhead in greys. Green, amber
and red are kept for the verdict, and always stand beside a word and an icon.
Contrasts are tested (tests/gui/test_theme.py): >= 3:1 for graphics, >= 4.5:1 for text.
"""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from core.memory import Component, FitStatus


class ThemeChoice(StrEnum):
    """What the user asks for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour of the window, as #rrggbb."""

    name: str
    window: str
    base: str
    text: str
    dim_text: str
    hairline: str
    accent: str
    on_accent: str
    ghost: str
    components: dict[Component, str]
    status: dict[FitStatus, str]

    def component(self, component: Component) -> QColor:
        return QColor(self.components[component])

    def status_color(self, status: FitStatus) -> QColor:
        return QColor(self.status[status])

    def palette(self) -> QPalette:
        """The Qt palette; disabled text is dimmed, everything else follows the same few colours."""
        window, base, text, dim = (QColor(c) for c in (self.window, self.base, self.text, self.dim_text))
        palette = QPalette(window, window)
        roles = QPalette.ColorRole
        for role, color in (
            (roles.Window, window),
            (roles.Base, base),
            (roles.AlternateBase, window),
            (roles.Button, base),
            (roles.ToolTipBase, base),
            (roles.Text, text),
            (roles.WindowText, text),
            (roles.ButtonText, text),
            (roles.ToolTipText, text),
            (roles.BrightText, text),
            (roles.PlaceholderText, dim),
            (roles.Mid, QColor(self.hairline)),
            (roles.Midlight, QColor(self.hairline)),
            (roles.Highlight, QColor(self.accent)),
            (roles.HighlightedText, QColor(self.on_accent)),
            (roles.Link, QColor(self.accent)),
            (roles.Accent, QColor(self.accent)),
        ):
            palette.setColor(role, color)
        for role in (roles.Text, roles.WindowText, roles.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, dim)
        return palette


LIGHT = Theme(
    name="light",
    window="#f7f7f5",
    base="#ffffff",
    text="#1b1d21",
    dim_text="#5c626c",
    hairline="#d9dade",
    accent="#2b5fb3",
    on_accent="#ffffff",
    ghost="#777d87",
    components={
        Component.WEIGHTS: "#1d4a8a",
        Component.GRADIENTS: "#3a75bd",
        Component.OPTIMIZER: "#5c90cf",
        Component.KV_CACHE: "#b87400",
        Component.ACTIVATIONS: "#b5451a",
        Component.LOGITS: "#8f3b22",
        Component.WORKSPACE: "#472f0c",
        Component.INPUTS: "#4a4f58",
        Component.COMMUNICATION: "#60666f",
        Component.RUNTIME: "#6d737d",
        Component.RESERVE: "#858b95",
    },
    status={FitStatus.FITS: "#17713a", FitStatus.TIGHT: "#8a5a00", FitStatus.OOM: "#b3261e"},
)

DARK = Theme(
    name="dark",
    window="#17191d",
    base="#1f2227",
    text="#eceef1",
    dim_text="#a3a9b3",
    hairline="#3a3e46",
    accent="#6ea3f0",
    on_accent="#10141b",
    ghost="#8d939d",
    components={
        Component.WEIGHTS: "#4f8ce0",
        Component.GRADIENTS: "#82b1ec",
        Component.OPTIMIZER: "#b5d2f6",
        Component.KV_CACHE: "#f2b84a",
        Component.ACTIVATIONS: "#ef8d50",
        Component.LOGITS: "#d97455",
        Component.WORKSPACE: "#8c683c",
        Component.INPUTS: "#d3d7dd",
        Component.COMMUNICATION: "#bcc1c9",
        Component.RUNTIME: "#a2a8b2",
        Component.RESERVE: "#868c97",
    },
    status={FitStatus.FITS: "#6fd08c", FitStatus.TIGHT: "#f2c14e", FitStatus.OOM: "#ff8a80"},
)

#: For a projector in a lit room, and for whoever asks the system for high contrast: text >= 7:1, graphics >= 4.5:1.
CONTRAST = Theme(
    name="contrast",
    window="#ffffff",
    base="#ffffff",
    text="#000000",
    dim_text="#33383f",
    hairline="#6b7078",
    accent="#0b3f94",
    on_accent="#ffffff",
    ghost="#4c525b",
    components={
        Component.WEIGHTS: "#0a2d66",
        Component.GRADIENTS: "#1f5cb0",
        Component.OPTIMIZER: "#3c76c8",
        Component.KV_CACHE: "#935c00",
        Component.ACTIVATIONS: "#983406",
        Component.LOGITS: "#6e2a10",
        Component.WORKSPACE: "#352206",
        Component.INPUTS: "#2a2e35",
        Component.COMMUNICATION: "#434952",
        Component.RUNTIME: "#565c66",
        Component.RESERVE: "#6c727c",
    },
    status={FitStatus.FITS: "#0b5427", FitStatus.TIGHT: "#664100", FitStatus.OOM: "#98130d"},
)

_DARKENED_BY = 140  # per cent, by Fusion, of outlines


def system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def system_wants_contrast() -> bool:
    hints = QGuiApplication.styleHints()  # named: PySide would forget what belongs to it amid a longer expression
    return hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast


def resolve(choice: ThemeChoice) -> Theme:
    """The theme to show for ``choice`` on this desktop, now."""
    match choice:
        case ThemeChoice.LIGHT:
            return LIGHT
        case ThemeChoice.DARK:
            return DARK
        case ThemeChoice.CONTRAST:
            return CONTRAST
        case ThemeChoice.SYSTEM if system_wants_contrast():
            return CONTRAST
        case ThemeChoice.SYSTEM:
            return DARK if system_is_dark() else LIGHT


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole application the palette of ``theme``."""
    palette = theme.palette()
    app.setPalette(palette)
    # Fusion outlines the square of a check box in its window colour, darkened by 1.4: lost on a dark ground, faint on a light one.
    palette.setColor(QPalette.ColorRole.Window, QColor(theme.dim_text).lighter(_DARKENED_BY))
    app.setPalette(palette, "QCheckBox")  # type: ignore[arg-type]  # the stub wants bytes, Qt refuses them


#: Tried in this order for Chinese; without them Qt may take Japanese glyphs for Han characters.
_CHINESE_FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei")


def system_font() -> QFont:
    """What the desktop writes in, whatever this application has made of it."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)


def use_fonts_for(app: QApplication, *, chinese: bool, zoom: float = 1.0) -> None:
    """The system's family, ``zoom`` times as large, with Chinese families behind it where the interface is Chinese."""
    base = system_font()
    own = base.families()[0] if base.families() else base.family()
    real = QFontInfo(QFont(own)).family()  # an alias such as "Sans Serif" would make Latin text CJK too
    base.setFamilies([real, *_CHINESE_FAMILIES] if chinese else [own])
    _scale(base, zoom)
    app.setFont(base)
    # Widgets hear of it a turn later; those that are made before would be measured in the old one.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.ApplicationFontChange.value)


def _scale(font: QFont, factor: float) -> None:
    size = font.pointSizeF()
    if size > 0:
        font.setPointSizeF(size * factor)
    else:
        font.setPixelSize(round(font.pixelSize() * factor))


class FontSize:
    """Four sizes of one family, as factors of the system's."""

    SMALL = 0.88
    BASE = 1.0
    TITLE = 1.3
    DISPLAY = 2.5


def font(factor: float = FontSize.BASE, *, bold: bool = False) -> QFont:
    """The application font scaled by ``factor``, with figures of equal width so that nothing jitters during a drag."""
    result = QFont(QApplication.font())
    _scale(result, factor)
    result.setBold(bold)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def contrast(first: QColor, second: QColor) -> float:
    """WCAG 2 contrast ratio of two colours, 1..21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: QColor) -> float:
    channels = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable_on(background: QColor) -> QColor:
    """Black or white, whichever reads better on ``background``."""
    dark, light = QColor("#101216"), QColor("#ffffff")
    return dark if contrast(dark, background) >= contrast(light, background) else light
