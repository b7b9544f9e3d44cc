"""Texts in several languages, as data that people write."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, RootModel, StringConstraints, model_validator

#: What is longer does not fit beside the window's other parts.
MAX_TEXT_LENGTH = 1200

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_LENGTH)]


class Text(RootModel[dict[str, _Words]]):
    """The same in one language or several, by the language's code. A text alone is for every language."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, value: Any) -> Any:
        return {"": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.root or any(len(code) > 8 for code in self.root):
            raise ValueError("a text, or one for each language: en, zh")
        return self

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(self.root)

    def in_language(self, code: str) -> str:
        """In the language ``code`` (zh_CN) or its family (zh), else in English, else in whatever there is."""
        for known in (code, code.partition("_")[0], "", "en"):
            if known in self.root:
                return self.root[known]
        return next(iter(self.root.values()))
