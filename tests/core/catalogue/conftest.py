from pathlib import Path

import pytest

from core.catalogue import Gpu, Model, load_gpus, load_models

RESOURCES = Path(__file__).parents[3] / "resources"


@pytest.fixture(scope="session")
def gpus() -> tuple[Gpu, ...]:
    return load_gpus(RESOURCES / "gpus.json")


@pytest.fixture(scope="session")
def models() -> tuple[Model, ...]:
    return load_models(RESOURCES / "models.json")
