"""A frame judges what else may be run as it judges the run: each card by itself."""

from dataclasses import replace

import pytest

from core.catalogue.gpus import find_gpu, load_gpus
from core.memory import FitStatus, estimate
from gui import assets
from gui.defaults import default_scenario
from gui.frame import Frame
from gui.quantities import ByteUnit, Numbers

GPUS = load_gpus(assets.GPUS)
SMALL, LARGE = "RTX 3060 (12GB)", "RTX 4090"


def frame_of(*cards: str) -> Frame:
    scenario = default_scenario((), GPUS).evolve(pipeline_parallel_size=len(cards), gpus=cards, gpu=cards[0])
    card = find_gpu(GPUS, cards[0])
    return Frame(scenario, estimate(scenario), card, None, Numbers(ByteUnit.GIB), None, False, card_named=lambda name: find_gpu(GPUS, name))


def status(frame: Frame, **changes: object) -> FitStatus | None:
    return frame.status_of(estimate(frame.scenario.evolve(**changes)))


@pytest.mark.parametrize("cards", [(SMALL, LARGE), (LARGE, SMALL)])
def test_the_card_that_holds_least_decides(cards):
    """Which of them is named first makes no difference; a large one by itself would hold it."""
    more = {"context_length": 16 * 1024, "batch_size": 3}
    assert status(frame_of(LARGE, LARGE), **more) is FitStatus.FITS
    assert status(frame_of(*cards), **more) is FitStatus.OOM
    assert status(frame_of(*cards), context_length=512) is FitStatus.FITS


def test_without_a_card_there_is_nothing_to_say():
    assert status(replace(frame_of(SMALL, LARGE), gpu=None)) is None
