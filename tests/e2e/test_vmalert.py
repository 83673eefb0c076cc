"""The replay of rules, with a vmalert and a storage that only pretend."""

from pathlib import Path

import pytest
import yaml

from config import Config
from delivery.targets import groups, rule_file
from stack.supervisor import StackError
from tests.e2e import vmalert
from tools.pinned import Pinned

RULER = "http://127.0.0.1:1"
SPAN = (1_775_001_600, 1_775_005_200)


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each time at which the storage is asked to let queries see all."""
    notes: list[str] = []
    monkeypatch.setattr(vmalert.Victoria, "flush", lambda _: notes.append("flushed"))
    return notes


def _pretend(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "vmalert"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    def command(_: Pinned) -> tuple[str, ...]:
        return (str(program),)

    monkeypatch.setattr(vmalert, "command", command)


def test_each_rule_is_replayed_once_and_after_all_that_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[str]
) -> None:
    _pretend(tmp_path, f'echo "$@" >> {tmp_path}/asked', monkeypatch)
    vmalert.backfill(groups(Config()), tmp_path, RULER, "127.0.0.1:2", SPAN)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(flushed) == len(asked) > 2
    replayed: list[dict[str, str]] = []
    for line in asked:
        options = dict(one.split("=", 1) for one in line.split() if "=" in one)
        assert options["-replay.timeFrom"] == "2026-04-01T00:00:00Z"
        assert options["-replay.timeTo"] == "2026-04-01T01:00:00Z"
        written = yaml.safe_load(Path(options["-rule"]).read_text())["groups"]
        rules = [rule for group in written for rule in group["rules"]]
        later = {rule["record"] for rule in rules if "record" in rule}
        assert not any(record in rule["expr"] for rule in rules for record in later)
        replayed += rules
    file = yaml.safe_load(rule_file(Config()))["groups"]
    known = [rule for group in file for rule in group["rules"]]
    assert sorted(map(str, replayed)) == sorted(map(str, known))


def test_a_replay_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[str]
) -> None:
    _pretend(tmp_path, "echo 'cannot reach the storage' >&2; exit 1", monkeypatch)
    with pytest.raises(StackError, match="vmalert's replay failed: cannot reach the storage"):
        vmalert.backfill(groups(Config()), tmp_path, RULER, "127.0.0.1:2", SPAN)
    assert flushed == []
