import json
from pathlib import Path

import pytest

from core.catalogue import CatalogueError, load_calibration
from core.memory.calibration import SEVERAL

SHIPPED = Path(__file__).parents[3] / "resources" / "calibration.json"


@pytest.fixture
def written(tmp_path):
    def write(**changes):
        path = tmp_path / "calibration.json"
        path.write_text(json.dumps(json.loads(SHIPPED.read_text()) | changes))
        return path

    return write


def test_what_ships_has_a_band_for_every_task_and_says_how_it_was_made():
    calibration = load_calibration(SHIPPED)
    assert {"inference", "training"} <= calibration.bands.keys()
    assert "left out" in calibration.method
    assert 0 < calibration.context_low_bytes < calibration.context_high_bytes
    assert {"inference transformers", "training full", "training lora"} == calibration.parts.keys()
    for kind, band in calibration.bands.items():
        assert band.coverage >= 0.9
        assert band.models >= (3 if kind.endswith(SEVERAL) else 5)  # of few frameworks: what others span, tried on them


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"bands": {"training": {"low": 1.2, "high": 1.1, "lower": 0.5, "upper": 2, "runs": 9, "models": 5}}}, "bands"),
        ({"format": "another"}, "format"),
        ({"context_low_bytes": -1}, "context_low_bytes"),
        ({"bands": {str(each): {} for each in range(200)}}, "bands"),
    ],
)
def test_a_broken_file_is_refused(written, changes, complaint):
    with pytest.raises(CatalogueError, match=complaint):
        load_calibration(written(**changes))


def test_bounds_out_of_order_are_refused(written):
    bands = json.loads(SHIPPED.read_text())["bands"]
    bands["training"] |= {"low": 9.0, "high": 8.0}
    with pytest.raises(CatalogueError, match="out of order"):
        load_calibration(written(bands=bands))
