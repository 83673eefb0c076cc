"""Read YAML and write it back with the same spelling of values.

As the value of a label, Prometheus reads `version: 1.10` and `tested: yes` as text. PyYAML reads a
number and a boolean, and would write 1.1 and true, which is another label. Here a value without
quotes keeps its spelling, whatever its type in Python.
"""

from typing import Any

import yaml

from contract.file import StrictLoader


class SpelledInt(int):
    """A whole number and its spelling."""

    spelling: str

    def __str__(self) -> str:
        """As it was written."""
        return self.spelling


class SpelledFloat(float):
    """A number and its spelling."""

    spelling: str

    def __str__(self) -> str:
        """As it was written."""
        return self.spelling


class SpelledText(str):
    """What PyYAML reads as a boolean or a date, as it was written; Go reads `true` as a boolean."""

    __slots__ = ()


class _Loader(StrictLoader):
    """Keeps spellings and, like Prometheus, refuses a duplicate key."""


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` has read."""


def _int(loader: _Loader, node: yaml.ScalarNode) -> SpelledInt:
    number = SpelledInt(loader.construct_yaml_int(node))
    number.spelling = node.value
    return number


def _float(loader: _Loader, node: yaml.ScalarNode) -> SpelledFloat:
    number = SpelledFloat(loader.construct_yaml_float(node))
    number.spelling = node.value
    return number


def _text(_loader: _Loader, node: yaml.ScalarNode) -> SpelledText:
    return SpelledText(node.value)


def _as_spelled(dumper: _Dumper, value: SpelledInt | SpelledFloat | SpelledText) -> yaml.ScalarNode:
    # With the tag that a reader would infer, it needs no quotes.
    tag: str = dumper.resolve(yaml.ScalarNode, str(value), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(value))


_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)
_Loader.add_constructor("tag:yaml.org,2002:bool", _text)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
_Dumper.add_representer(SpelledInt, _as_spelled)
_Dumper.add_representer(SpelledFloat, _as_spelled)
_Dumper.add_representer(SpelledText, _as_spelled)


def load(text: str) -> Any:
    """The document in `text`. Raises yaml.YAMLError with the position if it is not YAML."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader


def dump(document: Any) -> str:
    """The text of `document`, with the original spelling of the values that `load` read."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False)
