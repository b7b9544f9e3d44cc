"""YAML of somebody else's making, parsed within bounds and as data alone."""

from typing import Any, NamedTuple

import yaml

#: Ten times the longest of the trainers' examples; more would take seconds.
MAX_BYTES = 2**16


class _Loader(yaml.SafeLoader):
    """Without anchors, of which a few lines can unfold to anything."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


class YamlError(ValueError):
    """A text that is no YAML that is read here: where, and why, in a few words of English."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line, self.why = line, why


class Marked(NamedTuple):
    """What a text says, and where it says it."""

    value: Any
    lines: dict[tuple[str | int, ...], int]
    """The line, from 1, of every value by the keys and indices that lead to it; of the whole by ()."""

    def line_of(self, *place: str | int) -> int:
        """The line of what is at ``place``, or of the innermost that there is on the way to it."""
        found: tuple[str | int, ...] = ()
        for step in place:
            found = (*found, step) if (*found, step) in self.lines else found
        return self.lines[found]


def parse_yaml(data: bytes) -> Any:
    """What ``data`` says. Raises ValueError where it is no YAML, is large, nests too deep, or refers to itself."""
    if len(data) > MAX_BYTES:
        raise ValueError("too large")
    try:
        return yaml.load(data, _Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("no YAML that can be read") from error


def parse_marked(data: bytes) -> Marked:
    """The same with the line of everything, for files that people write by hand. A key that is there twice is refused. Raises YamlError."""
    if len(data) > MAX_BYTES:
        raise YamlError(1, f"larger than {MAX_BYTES // 1024} KiB")
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    try:
        loader = _Loader(data)
        root = loader.get_single_node()
        return Marked(None if root is None else _built(loader, root, (), lines), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, " ".join(filter(None, (error.context, error.problem)))) from error
    except yaml.reader.ReaderError as error:
        raise YamlError(1, f"not text in UTF-8 ({error.reason})") from error
    except RecursionError as error:
        raise YamlError(1, "nested too deep") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # ValueError: a date that cannot be
        raise YamlError(max(lines.values()), str(error)) from error


def _built(loader: _Loader, node: Any, place: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    """The value of ``node``, each part's line noted in ``lines``."""
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_built(loader, part, (*place, number), lines) for number, part in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, part in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in found:
                raise yaml.MarkedYAMLError(problem=f"{key[:60]!r} is there twice", problem_mark=key_node.start_mark)
            found[key] = _built(loader, part, (*place, key), lines)
            lines[(*place, key)] = key_node.start_mark.line + 1  # where it is named, not where a long text begins
        return found
    return loader.construct_object(node)


def to_yaml(fields: dict[str, Any]) -> str:
    """``fields`` in their order."""
    return yaml.safe_dump(fields, sort_keys=False)
