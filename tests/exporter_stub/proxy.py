"""A TCP proxy before PostgreSQL's socket that can refuse, freeze, break, and lose answers."""

import select
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
        ends, self._open = self._open, set()
        for one in ends:
            with suppress(OSError):  # it has ended
                one.shutdown(socket.SHUT_RDWR)

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
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        """Pass on what either end sends until one of them ends, or an answer is to be lost."""
        asked = False
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server)
            other = {client: server, server: client}
            self._open |= {*other}
            while True:
                for source in select.select([*other], [], [])[0]:
                    data = source.recv(65_536)
                    self._going.wait()
                    if not data or (source is server and asked):
                        return
                    if source is client and self._lose and self._lose in data:
                        self._lose, asked = b"", True
                    other[source].sendall(data)
