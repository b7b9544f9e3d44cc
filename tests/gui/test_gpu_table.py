from collections.abc import Callable

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QIcon
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from core.memory import FitStatus, Format, Gpu, Scenario, architecture_from_parameter_count, estimate, judge, room_on
from gui.gpu_table import MOST_NEGATIVE, Column, GpuTable
from gui.quantities import ByteUnit, Numbers
from gui.theme import LIGHT

Order = Qt.SortOrder
Role = Qt.ItemDataRole


def scenario(billions: float = 7.0, **fields: object) -> Scenario:
    return Scenario(architecture=architecture_from_parameter_count(round(billions * 10**9)), **fields)


@pytest.fixture
def table(qapp: object, gpus: tuple[Gpu, ...]) -> GpuTable:
    return GpuTable(gpus, LIGHT, 14)


@pytest.fixture
def render(table: GpuTable) -> Callable[..., None]:
    def show(shown: Scenario, chosen: str = "", unit: ByteUnit = ByteUnit.GIB) -> None:
        table.render_fits(estimate(shown), shown.evolve(gpu=chosen), Numbers(unit))

    return show


def names(table: GpuTable) -> list[str]:
    return [str(table.index(row, Column.NAME).data()) for row in range(table.rowCount())]


def texts(table: GpuTable, name: str) -> list[str]:
    row = table.row_of(name)
    return [str(table.index(row, column).data()) for column in Column]


def gpu_named(gpus: tuple[Gpu, ...], name: str) -> Gpu:
    return next(gpu for gpu in gpus if gpu.name == name)


def test_it_is_a_proper_model(table: GpuTable, render: Callable[..., None], qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(table)
    render(scenario())
    table.sort(Column.NAME, Order.AscendingOrder)
    table.set_only_fitting(True)
    render(scenario(70.0))
    table.set_filter("rtx")
    qtmodeltester.check(table)


def test_every_card_has_a_row_from_the_start(table: GpuTable, gpus: tuple[Gpu, ...]) -> None:
    assert sorted(names(table)) == sorted(gpu.name for gpu in gpus)
    assert table.columnCount() == len(Column)
    child = table.index(0, 0)
    assert table.rowCount(child) == table.columnCount(child) == 0
    assert table.data(QModelIndex()) is None
    assert table.gpu_at(-1) is None
    assert table.gpu_at(table.rowCount()) is None
    assert table.row_of("no such card") == -1


@pytest.mark.parametrize("unit", ByteUnit)
def test_what_stands_in_a_row(table: GpuTable, render: Callable[..., None], gpus: tuple[Gpu, ...], unit: ByteUnit) -> None:
    shown = scenario()
    render(shown, unit=unit)
    numbers, need = Numbers(unit), estimate(shown)
    for gpu in gpus:
        fit = judge(need.total_bytes, room_on(gpu, shown), need.peak.stack)
        word = {FitStatus.FITS: "Fits", FitStatus.TIGHT: "Tight", FitStatus.OOM: "OOM"}[fit.status]
        figure = numbers.figure(fit.headroom_bytes).number
        assert texts(table, gpu.name) == [gpu.name, numbers.capacity(gpu.memory_bytes), word, figure, numbers.share(fit.headroom_fraction)]
        assert table.fit_of(gpu.name) == fit
    assert [table.headerData(column, Qt.Orientation.Horizontal) for column in Column] == [
        "GPU",
        unit.value,
        "Fit",
        f"Free {unit.value}",
        "%",
    ]
    assert table.headerData(0, Qt.Orientation.Vertical) is None


def test_a_headroom_in_another_unit_is_not_taken_for_one_in_the_columns(table: GpuTable, render: Callable[..., None]) -> None:
    render(scenario(10_000.0, batch_size=4096))
    assert texts(table, "RTX 4070")[Column.HEADROOM] == MOST_NEGATIVE
    row = [table.index(row, 0).data() for row in range(table.rowCount())].index("RTX 4070")
    assert "iB" in table.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_fit_is_word_icon_and_colour(table: GpuTable, render: Callable[..., None], gpus: tuple[Gpu, ...]) -> None:
    """Never colour alone."""
    render(scenario())
    pictures: dict[FitStatus, bytes] = {}
    for gpu in gpus:
        fit = table.fit_of(gpu.name)
        assert fit is not None
        row = table.row_of(gpu.name)
        icon = table.index(row, Column.NAME).data(Role.DecorationRole)
        assert isinstance(icon, QIcon)
        picture = bytes(icon.pixmap(14, 14).toImage().constBits())
        assert pictures.setdefault(fit.status, picture) == picture
        assert table.index(row, Column.STATUS).data(Role.ForegroundRole) == QColor(LIGHT.status[fit.status])
    assert len(set(pictures.values())) == len(FitStatus)


def test_tip_tells_box_and_usable_memory_apart(table: GpuTable, render: Callable[..., None], gpus: tuple[Gpu, ...]) -> None:
    render(scenario())
    gpu = gpu_named(gpus, "RTX 4090")
    tip = str(table.index(table.row_of("RTX 4090"), Column.NAME).data(Role.ToolTipRole))
    numbers = Numbers(ByteUnit.GIB)
    for part in (gpu.vendor, gpu.name, numbers.bytes(gpu.memory_bytes), numbers.bytes(gpu.usable_bytes), "Fits"):
        assert part in tip


def test_the_chosen_card_alone_is_bold(table: GpuTable, render: Callable[..., None]) -> None:
    render(scenario(), chosen="RTX 4070")

    def bold() -> list[str]:
        fonts = {name: table.index(table.row_of(name), Column.NAME).data(Role.FontRole) for name in names(table)}
        assert all(isinstance(font, QFont) for font in fonts.values())
        return [name for name, font in fonts.items() if font.bold()]

    assert bold() == ["RTX 4070"]
    render(scenario(), chosen="RTX 4090")
    assert bold() == ["RTX 4090"]


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("column", Column)
def test_sorting_by_any_column(
    table: GpuTable, render: Callable[..., None], gpus: tuple[Gpu, ...], column: Column, order: Qt.SortOrder
) -> None:
    render(scenario())
    table.sort(column, order)
    by_name = {gpu.name: gpu for gpu in gpus}
    shown = [by_name[name] for name in names(table)]
    fits = [table.fit_of(gpu.name) for gpu in shown]
    rank = {FitStatus.OOM: 0, FitStatus.TIGHT: 1, FitStatus.FITS: 2}
    keys: dict[Column, list[object]] = {
        Column.NAME: [gpu.name.casefold() for gpu in shown],
        Column.MEMORY: [gpu.memory_bytes for gpu in shown],
        Column.STATUS: [rank[fit.status] for fit in fits if fit is not None],
        Column.HEADROOM: [fit.headroom_bytes for fit in fits if fit is not None],
        Column.SHARE: [fit.headroom_fraction for fit in fits if fit is not None],
    }
    in_order = sorted(keys[column], reverse=order is Order.DescendingOrder)  # type: ignore[type-var]
    assert keys[column] == in_order
    assert len(shown) == len(gpus)


@pytest.mark.parametrize("column", Column)
def test_no_scenario_changes_the_order(table: GpuTable, render: Callable[..., None], column: Column) -> None:
    """Rows that hopped about during a drag could not be read."""
    table.sort(column, Order.DescendingOrder)
    before = names(table)
    for billions in (0.01, 1, 7, 70, 405, 10_000):
        for fmt in (Format.FP32, Format.INT4):
            render(scenario(billions, weights=fmt))
            assert names(table) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4090", lambda gpu: "4090" in gpu.name),
        ("  RtX ", lambda gpu: "rtx" in f"{gpu.vendor} {gpu.name}".casefold()),
        ("rtx 16", lambda gpu: "rtx" in gpu.name.casefold() and "16" in gpu.name),
        ("amd", lambda gpu: gpu.vendor == "AMD"),
        ("", lambda gpu: True),
        ("no such card", lambda gpu: False),
        ("(", lambda gpu: "(" in gpu.name),
    ],
)
def test_filter(table: GpuTable, gpus: tuple[Gpu, ...], text: str, expected: Callable[[Gpu], bool]) -> None:
    table.set_filter(text)
    assert sorted(names(table)) == sorted(gpu.name for gpu in gpus if expected(gpu))


def test_only_those_that_fit_follows_the_scenario(table: GpuTable, render: Callable[..., None], gpus: tuple[Gpu, ...]) -> None:
    table.set_only_fitting(True)
    for billions in (1, 13, 70, 10_000, 7):
        render(scenario(billions))
        fitting = {gpu.name for gpu in gpus if (fit := table.fit_of(gpu.name)) is not None and fit.status is not FitStatus.OOM}
        assert set(names(table)) == fitting
    table.set_only_fitting(False)
    assert len(names(table)) == len(gpus)


def test_a_new_scenario_refreshes_every_cell_and_moves_none(table: GpuTable, render: Callable[..., None], qtbot: QtBot) -> None:
    render(scenario())
    structure = (table.modelAboutToBeReset, table.layoutAboutToBeChanged, table.rowsAboutToBeRemoved, table.rowsAboutToBeInserted)
    heard: list[str] = []
    for signal in structure:
        signal.connect(lambda *_: heard.append("structure"))
    with qtbot.waitSignal(table.dataChanged) as refreshed:
        render(scenario(batch_size=9))
    first, last = refreshed.args[:2]
    assert (first.row(), first.column()) == (0, 0)
    assert (last.row(), last.column()) == (table.rowCount() - 1, table.columnCount() - 1)
    assert heard == []


def test_what_becomes_visible_is_announced(table: GpuTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.visible_changed):
        table.set_filter("4090")
    with qtbot.assertNotEmitted(table.visible_changed):
        table.set_filter("4090 ")


def test_no_cards_are_no_crash(qapp: object) -> None:
    empty = GpuTable((), LIGHT, 14)
    empty.render_fits(estimate(scenario()), scenario().evolve(gpu="RTX 4090"), Numbers(ByteUnit.GIB))
    empty.sort(Column.SHARE, Order.AscendingOrder)
    assert empty.rowCount() == 0
    assert empty.fit_of("RTX 4090") is None
