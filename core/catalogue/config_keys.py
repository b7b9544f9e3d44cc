"""Keys of a model's configuration, read as what they must be."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Config = Mapping[str, Any]


class ConfigProblem(StrEnum):
    """Why a configuration is no model that can be estimated."""

    NO_MODEL = "no_model"
    """It is no configuration of a model."""
    OUT_OF_SCOPE = "out_of_scope"
    """A model that does not generate text."""
    FAMILY_UNKNOWN = "family_unknown"
    NOT_MODELLED = "not_modelled"
    """A known family, with something that is not modelled."""
    BAD_SIZE = "bad_size"
    BAD_FILE = "bad_file"
    """A file of tensors that cannot be read."""
    CONFIG_MISSING = "config_missing"
    """A file of tensors without the configuration that says how many heads they make."""


class ConfigError(ValueError):
    """A configuration that is no model that can be estimated; ``detail`` is the family, the key, or what is wrong with a size."""

    def __init__(self, problem: ConfigProblem, detail: str) -> None:
        self.problem = problem
        self.detail = "".join(character for character in detail if character.isprintable())[:120]
        super().__init__(_ENGLISH[problem].format(detail=self.detail))


_ENGLISH = {
    ConfigProblem.NO_MODEL: "not a model's config.json: {detail}",
    ConfigProblem.OUT_OF_SCOPE: "{detail} models do not generate text; Fitting Room knows those that do",
    ConfigProblem.FAMILY_UNKNOWN: "models of the type {detail} are not modelled yet; set the sizes by hand, or pick a similar model",
    ConfigProblem.NOT_MODELLED: "this model has something that is not modelled yet: {detail}",
    ConfigProblem.BAD_SIZE: "a size in this configuration cannot be: {detail}",
    ConfigProblem.BAD_FILE: "this file of tensors cannot be read: {detail}",
    ConfigProblem.CONFIG_MISSING: "{detail} says nothing of heads and layers; put the model's config.json beside it",
}


def integer(config: Config, *keys: str, default: int | None = None) -> int:
    """The first of ``keys`` that is there, a whole number; else ``default``. Raises ConfigError."""
    for key in keys:
        value = config.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is not None:
            raise ConfigError(ConfigProblem.BAD_SIZE, key)
    if default is None:
        raise ConfigError(ConfigProblem.BAD_SIZE, keys[0])
    return default
