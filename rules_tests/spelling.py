"""Read YAML and write it back with the same spelling of values.

As the value of a label, Prometheus reads `version: 1.10` and `tested: yes` as text. PyYAML reads a
number and a boolean, and would write 1.1 and true, which is another label. Here every value without
quotes is the text as it was written.
"""

from typing import Any

import yaml

from contract.file import StrictLoader


class Plain(str):
    """A value without quotes that PyYAML would not read as text."""

    __slots__ = ()


class Loader(StrictLoader):
    """Keeps spellings and, like Prometheus, refuses a duplicate key."""


class _Dumper(yaml.SafeDumper):
    """Writes what `Loader` has read."""


def _plain(_loader: Loader, node: yaml.ScalarNode) -> Plain:
    return Plain(node.value)


def _as_spelled(dumper: _Dumper, value: Plain) -> yaml.ScalarNode:
    # With the tag that a reader would infer, it needs no quotes.
    tag: str = dumper.resolve(yaml.ScalarNode, str(value), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(value))


for _type in ("int", "float", "bool", "timestamp", "value"):
    Loader.add_constructor(f"tag:yaml.org,2002:{_type}", _plain)
_Dumper.add_representer(Plain, _as_spelled)


def dump(document: Any) -> str:
    """The text of `document`, with the original spelling of the values that `Loader` read."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False)
