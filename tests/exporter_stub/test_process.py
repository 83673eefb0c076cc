import os
import re
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.conftest import clean_environment
from tools import ROOT
from tools.process import finished

FLOOD = """
import logging, sys
from exporter_stub.process import log_to_stderr
log_to_stderr("plain")
for _ in range(20_000): logging.error("x" * 100)
print("done", flush=True)
sys.stdin.readline()
logging.error("last")
"""
CRASH = """
import signal, sys, threading, time
from exporter_stub import __main__ as command, serve
def run(_):
    try:
        {ends}
        time.sleep(300)
    finally:
        crash()
        print("cleaned up")
def crash():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
serve.run, sys.argv = run, ["exporter_stub"]
sys.exit(command.main())
"""


def test_a_log_that_nobody_reads_holds_up_nothing_and_what_is_lost_is_counted() -> None:
    """Its pipe holds 64 kB."""
    command = [sys.executable, "-c", FLOOD]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"done\n"
        written = os.read(process.stderr.fileno(), 2**20).count(b"ERROR " + b"x" * 100 + b"\n")
        _, last = process.communicate(b"\n", timeout=60)
    lost = re.search(rb" ERROR last \(and (\d+) lines before it, which nobody read\)\n$", last)
    assert lost is not None
    assert written + int(lost[1]) == 20_000


@pytest.mark.parametrize(
    "ends", ["threading.Timer(0.5, crash).start()", "signal.raise_signal(signal.SIGTERM)"]
)
def test_an_error_in_a_thread_ends_the_process_but_does_not_interrupt_its_end(ends: str) -> None:
    """It is logged. The first ends a process that waits; all the others come as it cleans up."""
    done = finished([sys.executable, "-c", CRASH.format(ends=ends)], cwd=ROOT)
    assert (done.returncode, done.stdout) == (1, "cleaned up\n")
    assert "CRITICAL <Thread" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_without_a_standard_error_nothing_is_logged_and_all_else_is_done(tmp_path: Path) -> None:
    program = ("replay", "--hours", "0.5", "--rate", "0.01", "--scenario", "silence", "--out", "x")
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-m", "exporter_stub", *program]
    assert finished(closed, cwd=tmp_path, env=clean_environment()).returncode == 0
    assert list(tmp_path.glob("x/*.om"))
