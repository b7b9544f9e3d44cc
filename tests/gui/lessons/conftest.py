from pathlib import Path
from typing import Any

import pytest
from lesson_room import LESSONS, Pupil


@pytest.fixture
def pupil(room: Any) -> Pupil:
    return Pupil(room)


@pytest.fixture(scope="session")
def first_lesson() -> Path:
    return LESSONS[0]
