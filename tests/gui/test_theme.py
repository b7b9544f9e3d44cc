import importlib.util
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from core.memory import Component, FitStatus
from gui.theme import CONTRAST, DARK, LIGHT, FontSize, Theme, ThemeChoice, contrast, font, readable_on, resolve, system_is_dark

GRAPHICS, TEXT = 3.0, 4.5  # WCAG 2: the least contrast of what must be seen, and of what must be read

both = pytest.mark.parametrize("theme", [LIGHT, DARK, CONTRAST], ids=lambda theme: theme.name)


def grounds(theme: Theme) -> list[QColor]:
    return [QColor(theme.window), QColor(theme.base)]


def test_contrast_is_that_of_wcag() -> None:
    black, white, grey = QColor("#000000"), QColor("#ffffff"), QColor("#777777")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, white) == 1
    assert contrast(white, grey) == contrast(grey, white) == pytest.approx(4.48, abs=0.01)


@both
@pytest.mark.parametrize("component", Component)
def test_component_is_seen(theme: Theme, component: Component) -> None:
    for ground in grounds(theme):
        assert contrast(theme.component(component), ground) >= GRAPHICS


@both
@pytest.mark.parametrize("component", Component)
def test_label_in_a_segment_is_read(theme: Theme, component: Component) -> None:
    color = theme.component(component)
    assert contrast(readable_on(color), color) >= TEXT


@both
def test_components_are_told_apart(theme: Theme) -> None:
    for one, other in combinations(theme.components.values(), 2):
        assert one != other
    assert set(theme.components) == set(Component)


def load_script() -> Any:
    path = Path(__file__).resolve().parents[2] / "packaging" / "colour_blindness.py"
    spec = importlib.util.spec_from_file_location("colour_blindness", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


def lab(color: QColor, kind: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of ``color`` as somebody with ``kind`` sees it."""
    channels = script.simulated(np.array([color.redF(), color.greenF(), color.blueF()]), kind)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (to_xyz @ linear) / np.array([0.9505, 1.0, 1.089])
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


MODEL_STATE = (Component.WEIGHTS, Component.GRADIENTS, Component.OPTIMIZER)
WITH_TOKENS = (Component.KV_CACHE, Component.ACTIVATIONS, Component.LOGITS, Component.WORKSPACE)
OVERHEAD = (Component.INPUTS, Component.COMMUNICATION, Component.RUNTIME, Component.RESERVE)
kinds = pytest.mark.parametrize("kind", ["protanopia", "deuteranopia"])


@both
@kinds
def test_the_three_families_are_told_apart_by_whoever_sees_red_and_green_alike(theme: Theme, kind: str) -> None:
    """On the axis that is left to them, from blue to yellow."""
    blueness = {component: lab(theme.component(component), kind)[2] for component in Component}
    assert all(blueness[component] < -15 for component in MODEL_STATE), blueness
    assert all(blueness[component] > 15 for component in WITH_TOKENS), blueness
    assert all(-10 < blueness[component] < 10 for component in OVERHEAD), blueness


@both
@kinds
@pytest.mark.parametrize("family", [MODEL_STATE, WITH_TOKENS], ids=["model state", "with tokens"])
def test_members_of_a_family_are_told_apart_too(theme: Theme, kind: str, family: tuple[Component, ...]) -> None:
    for one, other in combinations(family, 2):
        assert math.dist(lab(theme.component(one), kind), lab(theme.component(other), kind)) > 7, (one, other)


@both
@pytest.mark.parametrize("status", FitStatus)
def test_status_is_read(theme: Theme, status: FitStatus) -> None:
    for ground in grounds(theme):
        assert contrast(theme.status_color(status), ground) >= TEXT
    assert contrast(readable_on(theme.status_color(status)), theme.status_color(status)) >= TEXT


@both
@pytest.mark.parametrize("role", ["text", "dim_text"])
def test_text_is_read(theme: Theme, role: str) -> None:
    for ground in grounds(theme):
        assert contrast(QColor(getattr(theme, role)), ground) >= TEXT


@both
def test_accent_and_ghost_are_seen_and_what_is_selected_is_read(theme: Theme) -> None:
    for ground in grounds(theme):
        assert contrast(QColor(theme.accent), ground) >= GRAPHICS
        assert contrast(QColor(theme.ghost), ground) >= GRAPHICS
    assert contrast(QColor(theme.on_accent), QColor(theme.accent)) >= TEXT


@both
def test_no_component_looks_like_a_verdict(theme: Theme) -> None:
    """Red and green are kept for the verdict: no segment may be taken for one."""
    for component in Component:
        color = theme.component(component)
        greenish = color.saturationF() > 0.25 and 90 <= color.hue() <= 170
        reddish = color.saturationF() > 0.25 and (color.hue() <= 10 or color.hue() >= 350)
        assert not greenish, component
        assert not reddish, component


@both
def test_palette_reads_in_every_group(theme: Theme) -> None:
    palette = theme.palette()
    roles = QPalette.ColorRole
    pairs = [
        (roles.WindowText, roles.Window),
        (roles.Text, roles.Base),
        (roles.ButtonText, roles.Button),
        (roles.ToolTipText, roles.ToolTipBase),
        (roles.PlaceholderText, roles.Base),
        (roles.HighlightedText, roles.Highlight),
    ]
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive, QPalette.ColorGroup.Disabled):
        for ink, paper in pairs:
            assert contrast(palette.color(group, ink), palette.color(group, paper)) >= TEXT, (group, ink)


def test_choice_is_kept_and_system_is_followed(qapp: QApplication) -> None:
    assert resolve(ThemeChoice.LIGHT) is LIGHT
    assert resolve(ThemeChoice.DARK) is DARK
    assert resolve(ThemeChoice.CONTRAST) is CONTRAST
    assert resolve(ThemeChoice.SYSTEM) is (DARK if system_is_dark() else LIGHT)


def test_whoever_asks_the_system_for_high_contrast_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.theme.system_wants_contrast", lambda: True)
    assert resolve(ThemeChoice.SYSTEM) is CONTRAST
    assert resolve(ThemeChoice.DARK) is DARK


def test_high_contrast_is_higher() -> None:
    """WCAG's AAA for text, and for graphics what AA wants of text."""
    for ground in grounds(CONTRAST):
        for ink in (CONTRAST.text, CONTRAST.dim_text, *CONTRAST.status.values()):
            assert contrast(QColor(ink), ground) >= 7, ink
        for ink in (CONTRAST.accent, CONTRAST.ghost, CONTRAST.hairline, *CONTRAST.components.values()):
            assert contrast(QColor(ink), ground) >= TEXT, ink
    assert contrast(QColor(CONTRAST.on_accent), QColor(CONTRAST.accent)) >= 7


@pytest.mark.parametrize("pixels", [None, 15])
def test_fonts_scale_the_one_of_the_system(qapp: QApplication, pixels: int | None) -> None:
    own = qapp.font()
    try:
        if pixels is not None:
            in_pixels = QFont(own)
            in_pixels.setPixelSize(pixels)
            qapp.setFont(in_pixels)
        small, base, display = font(FontSize.SMALL), font(), font(FontSize.DISPLAY, bold=True)
        heights = [one.pixelSize() if pixels is not None else one.pointSizeF() for one in (small, base, display)]
        size = pixels if pixels is not None else own.pointSizeF()
        assert heights == pytest.approx([size * 0.88, size, size * 2.5], abs=0.51)
        assert display.bold()
        assert not base.bold()
        assert {one.family() for one in (small, base, display)} == {own.family()}
    finally:
        qapp.setFont(own)
