"""What a lesson is made of. Frozen; read from a file by :mod:`core.lessons.reader`."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from core.catalogue.texts import Text

MAX_STEPS, MAX_OTHERS = 40, 8

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Control(StrEnum):
    """What a step is about, to be outlined: a part of the window."""

    RUN = "run"
    MODEL = "model"
    PARAMETERS = "parameters"
    PRECISION = "precision"
    BATCH_SIZE = "batch_size"
    CONTEXT_LENGTH = "context_length"
    RECIPE = "recipe"
    OPTIMIZER = "optimizer"
    LORA_RANK = "lora_r"
    LORA_TARGETS = "lora_target_modules"
    GRADIENT_CHECKPOINTING = "gradient_checkpointing"
    LOSS = "loss"
    RUNTIME = "runtime"
    WEIGHT_FORMAT = "weight_format"
    KV_CACHE = "kv_cache"
    ATTENTION = "attention"
    ESTIMATOR = "estimator"
    GPU = "gpu"
    GPU_COUNT = "gpu_count"
    HEADLINE = "headline"
    CHART = "chart"
    LEGEND = "legend"
    VERDICT = "verdict"
    ADVICE = "advice"
    TABS = "tabs"


class Tab(StrEnum):
    """Of the middle of the window, to be opened."""

    BREAKDOWN = "breakdown"
    FILM = "film"
    CURVE = "curve"
    MAP = "map"
    FLEET = "fleet"
    TABLE = "table"
    COMPARE = "compare"
    EXPLAIN = "explain"


class Picture(StrEnum):
    BIT_LAYOUTS = "bit-layouts"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Prediction(_Part):
    """A guess of the total before it is seen."""

    question: Text
    low: int = Field(1, ge=1, le=10**6)
    high: int = Field(1000, ge=2, le=10**6)
    """Bounds of the guess, in GiB."""
    reveal: dict[_Name, Any] = Field(max_length=40)
    """What is changed then: its total is what was asked for."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Step(_Part):
    """Something to read, to do (``do``, ``done``, ``answer``), or to guess (``predict``)."""

    title: Text
    text: Text
    picture: Picture | None = None
    control: Control | None = None
    tab: Tab | None = None
    scene: dict[_Name, Any] | None = Field(None, max_length=40)
    """Fields of the scenario that the step begins with, beside the example's; without it, whatever there is."""
    do: Text | None = None
    done: dict[_Name, Any] | None = Field(None, min_length=1, max_length=8)
    answer: dict[_Name, Any] | None = Field(None, min_length=1, max_length=40)
    """Changes that do it: what is shown to who asks, and the proof that it can be done."""
    predict: Prediction | None = None
    then: Text | None = None
    """What has changed, told when it is done or guessed."""
    others: dict[_Name, dict[_Name, Any]] = Field({}, max_length=MAX_OTHERS)
    """Further scenarios that texts speak of, by a name: changes of what is on the screen, or with ``scene: true`` of the example."""

    @field_validator("others")
    @classmethod
    def _not_reserved(cls, others: dict[str, Any]) -> dict[str, Any]:
        if {"now", "start"} & others.keys():
            raise ValueError("now and start are names already")
        return others

    @model_validator(mode="after")
    def _whole(self) -> Self:
        asked = [part is not None for part in (self.do, self.done, self.answer)]
        if any(asked) and not all(asked):
            raise ValueError("do, done and answer come together")
        if self.predict is not None and self.do is not None:
            raise ValueError("a step asks for a guess or for something to do, not both")
        if (self.then is not None) != (self.do is not None or self.predict is not None):
            raise ValueError("then tells what was done or guessed: both or neither")
        return self

    @property
    def texts(self) -> tuple[Text, ...]:
        """All that have figures in them."""
        question = self.predict.question if self.predict else None
        return tuple(text for text in (self.text, self.do, question, self.then) if text is not None)


class Lesson(_Part):
    format: Literal["fitting-room lesson"]
    version: Literal[1]
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    """What progress is kept by."""
    title: Text
    about: Text
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_STEPS)
