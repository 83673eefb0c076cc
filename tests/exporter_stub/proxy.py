"""A TCP proxy before PostgreSQL's socket that can refuse, freeze, break, and lose answers."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Proxy:
    """Forwards to the server of `dsn` while its `with` block lasts; `dsn` leads through it."""

    def __init__(self, dsn: str) -> None:
        """Listen on a free port of loopback."""
        given = conninfo_to_dict(dsn)
        self._server = str(Path(str(given["host"])) / ".s.PGSQL.5432")
        self._going = threading.Event()
        self._going.set()
        self._lose = b""
        self._open: set[socket.socket] = set()
        self._listen = self._listening(0)
        self._port = self._listen.getsockname()[1]
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=self._port)

    def __enter__(self) -> Self:
        """Forward."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self.refuse()
        self._going.set()

    def refuse(self) -> None:
        """Reset all connections, and listen no more."""
        self._listen.shutdown(socket.SHUT_RDWR)
        self._listen.close()
        self.reset()

    def accept(self) -> None:
        """Listen again."""
        self._listen = self._listening(self._port)

    def freeze(self) -> None:
        """Take connections and bytes, and pass nothing on."""
        self._going.clear()

    def thaw(self) -> None:
        """Pass on what has come, and what comes."""
        self._going.set()

    def reset(self) -> None:
        """Break all connections."""
        for one in list(self._open):
            self._break(one)

    def lose_answer(self, to: bytes) -> None:
        """Break the next connection over which `to` is asked, once the server has answered."""
        self._lose = to

    def _listening(self, port: int) -> socket.socket:
        found = socket.create_server(("127.0.0.1", port), backlog=100)
        threading.Thread(target=self._take, args=(found,), daemon=True).start()
        return found

    def _take(self, listening: socket.socket) -> None:
        with suppress(OSError):  # it was closed
            while True:
                client, _ = listening.accept()
                server = socket.socket(socket.AF_UNIX)
                with suppress(OSError):  # nobody is there: both ends are closed by their pumps
                    server.connect(self._server)
                self._open |= {client, server}
                lost = threading.Event()
                for ends in ((client, server, False), (server, client, True)):
                    pump = (*ends, lost)
                    threading.Thread(target=self._pump, args=pump, daemon=True).start()

    def _pump(
        self,
        source: socket.socket,
        target: socket.socket,
        answers: bool,  # noqa: FBT001  # a thread's argument
        lost: threading.Event,
    ) -> None:
        try:
            while data := source.recv(65_536):
                self._going.wait()
                if not answers and self._lose and self._lose in data:
                    self._lose = b""
                    lost.set()
                if answers and lost.is_set():
                    break
                target.sendall(data)
        except OSError:
            pass
        self._break(target)
        self._break(source)
        source.close()

    def _break(self, one: socket.socket) -> None:
        """Whoever reads from or writes to it meets its end, and closes it."""
        self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
