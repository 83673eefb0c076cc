from pathlib import Path

import pytest

from stack.journal import Journal, note


def test_a_step_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(tmp_path)
    for doing in ("waiting for the page", "waiting for the page", "waiting for the end"):
        journal.step(doing)
    told = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert told == ["waiting for the page", "waiting for the end"]


def test_what_was_done_is_kept_whoever_did_it_until_the_next_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin()
    journal.done("PostgreSQL is stopped")
    note(tmp_path, "token-spike for=2m begins")
    found = journal.events()
    assert [one.text for one in found] == ["PostgreSQL is stopped", "token-spike for=2m begins"]
    assert found[0].when <= found[1].when
    journal.begin()
    assert journal.events() == []
