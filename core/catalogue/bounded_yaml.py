"""YAML of somebody else's making, parsed within bounds and as data alone."""

from typing import Any

import yaml

#: Ten times the longest of the trainers' examples; more would take seconds.
MAX_BYTES = 2**16


class _Loader(yaml.SafeLoader):
    """Without anchors, of which a few lines can unfold to anything."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def parse_yaml(data: bytes) -> Any:
    """What ``data`` says. Raises ValueError where it is no YAML, is large, nests too deep, or refers to itself."""
    if len(data) > MAX_BYTES:
        raise ValueError("too large")
    try:
        return yaml.load(data, _Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("no YAML that can be read") from error


def to_yaml(fields: dict[str, Any]) -> str:
    """``fields`` in their order."""
    return yaml.safe_dump(fields, sort_keys=False)
