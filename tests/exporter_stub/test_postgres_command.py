import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from exporter_stub.postgres_command import ADDRESS
from tests.conftest import clean_environment


def test_the_server_runs_alone_until_sigterm_with_its_address_in_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "exporter_stub", "postgres", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        command, env=clean_environment(), stderr=subprocess.PIPE, text=True
    ) as server:
        address = tmp_path / ADDRESS
        while not address.exists():
            assert server.poll() is None
            time.sleep(0.05)
        with psycopg.connect(address.read_text()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        second = subprocess.run(
            command,
            env=clean_environment(),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode == 1
        assert "another exporter uses the data" in second.stderr
        assert address.exists()
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=20)
        assert server.returncode == 0
    assert "PostgreSQL for host=" in log
    assert not address.exists()
