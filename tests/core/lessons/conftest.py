from collections.abc import Callable

import pytest
from shipped_resources import RESOURCES

from core.catalogue import find_model, load_gpus, load_models
from core.lessons.lesson import Lesson
from core.lessons.reader import read_lesson
from core.lessons.stage import Stage
from core.memory import Scenario


@pytest.fixture(scope="session")
def stage() -> Stage:
    models, gpus = load_models(RESOURCES / "models.json"), load_gpus(RESOURCES / "gpus.json")
    model = find_model(models, "Llama-2-7b-hf")
    assert model is not None
    return Stage(models, gpus, Scenario(architecture=model.architecture, gpu="RTX 4090"))


@pytest.fixture
def read(stage: Stage) -> Callable[..., Lesson]:
    def of(text: str) -> Lesson:
        return read_lesson(text.encode(), "mine.yaml", stage)

    return of
