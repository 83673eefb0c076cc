"""YAML that is read and written back as it was spelled.

Prometheus reads `version: 1.10` and `tested: yes` as texts where it wants a label's value. PyYAML
reads a number and a truth, and would write 1.1 and true: another label. Here a value that is not
quoted keeps its own spelling, whatever it is in Python.
"""

from typing import Any

import yaml

from contract.file import StrictLoader


class SpelledInt(int):
    """A whole number, and how it was written."""

    spelling: str

    def __str__(self) -> str:
        """As it was written."""
        return self.spelling


class SpelledFloat(float):
    """A number, and how it was written."""

    spelling: str

    def __str__(self) -> str:
        """As it was written."""
        return self.spelling


class SpelledText(str):
    """What YAML would make a truth or a date of, as it was written; `true` is no text to Go."""

    __slots__ = ()


class _Loader(StrictLoader):
    """Keeps spellings, and refuses a key that stands twice, as Prometheus does."""


class _Dumper(yaml.SafeDumper):
    """Writes what _Loader has read."""


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
    # With the tag that a reader would give it, it needs no quotes.
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
    """The document that `text` is. Raises yaml.YAMLError, with the place, where it is none."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader


def dump(document: Any) -> str:
    """The text of `document`, with each value that `load` gave spelled as it was."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False)
