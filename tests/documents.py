"""What our documents say; of parsed ones a copy with a change, and what another one lacks."""

import ast
import copy
import json
import re
import sys
from collections.abc import Iterator
from itertools import cycle, product
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins

from tools import ROOT
from tools.process import finished


def assert_follows(schema: str, file: Path) -> None:
    """Fail with what check-jsonschema says of `file` under the schema that it has as `schema`."""
    done = finished([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file])
    assert done.returncode == 0, done.stdout


def imported(file: Path) -> Iterator[str]:
    """The first name of each module that a file of ours imports, such as `tests`."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (name.partition(".")[0] for name in names)


def yaml_examples(page: str, word: str) -> list[str]:
    """The blocks of YAML on a page of ours that have `word`."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    return [block for block in blocks if word in block]


def make_targets() -> set[str]:
    """The names of the Makefile's targets that users call."""
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def changed(document: Any, place: str, value: Any) -> Any:
    """A copy of `document` with `value` at `place`, such as "panels.4.title".

    None removes what is there, a function gets it and returns the new value, and the index after
    the last item of a list appends one.
    """
    made = copy.deepcopy(document)
    *way, end = place.split(".")
    holder = made
    for step in way:
        holder = holder[_key(holder, step)]
    last = _key(holder, end)
    if value is None:
        del holder[last]
    elif isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value(holder[last]) if callable(value) else value
    return made


def _key(holder: Any, step: str) -> Any:
    return int(step) if isinstance(holder, list) else step


def spoiled(document: Any) -> Iterator[Any]:
    """Copies of `document`, with a text, a list or a mapping in turn at one of its places each."""
    for (place, _), value in zip(_places(document), cycle(("x", [3], {"a": 3})), strict=False):
        yield changed(document, place, value)


def _places(document: Any) -> Iterator[tuple[str, Any]]:
    """Every place in a document, such as panels.4.title, and what stands there."""
    if isinstance(document, list):
        document = dict(enumerate(document))
    for key, value in document.items() if isinstance(document, dict) else ():
        yield str(key), value
        yield from ((f"{key}.{place}", inner) for place, inner in _places(value))


def cells(dashboard: Any) -> list[tuple[int, int]]:
    """The cells of the grid that a dashboard's panels cover, in order; one of two panels twice."""
    found: list[tuple[int, int]] = []
    for at in (panel["gridPos"] for panel in dashboard["panels"]):
        found += product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"]))
    return sorted(found)


def lost_by_grafana(model: Any, ours: Any) -> list[str]:
    """Where a `model` of Grafana's schema does not read what `ours` says."""
    register_default_plugins()
    written = json.loads(json.dumps(ours))
    read = json.dumps(model.from_json(copy.deepcopy(written)), cls=JSONEncoder)
    return lost(written, json.loads(read))


def lost(ours: Any, theirs: Any) -> list[str]:
    """The places where `ours` says what `theirs` does not; what a schema adds are its defaults."""
    there = {place: _said(value) for place, value in _places(theirs)}
    return [place for place, value in _places(ours) if there.get(place) != _said(value)]


def _said(value: Any) -> tuple[type, Any]:
    """What is said at a place, beside what is said within it."""
    inner = len(value) if isinstance(value, list) else None
    return type(value), inner if isinstance(value, dict | list) else value
