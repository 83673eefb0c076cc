"""How the parts are asked over HTTP: directly, whatever proxy the environment names."""

from typing import Any

import requests

TIMEOUT = 5
"""Seconds for one call."""


def direct() -> requests.Session:
    """A session that uses no proxy."""
    session = requests.Session()
    session.trust_env = False
    return session


def answers(url: str) -> bool:
    """Whether `url` is answered, and well."""
    try:
        with direct() as session:
            return session.get(url, timeout=TIMEOUT).ok
    except requests.RequestException:
        return False


class Api:
    """The HTTP API of a part at `base` (http://host:port).

    Calls raise requests.RequestException where they are not answered, or not well.
    """

    def __init__(self, base: str, timeout: float = TIMEOUT) -> None:
        """A call may take `timeout` seconds."""
        self._base = base
        self._timeout = timeout

    def __str__(self) -> str:
        """Where it is, for people."""
        return self._base

    def ready(self) -> bool:
        """Whether the part serves yet."""
        return answers(f"{self._base}/-/ready")

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON under `path`."""
        return self.call("GET", path, params=parameters).json()

    def call(self, method: str, path: str, **content: Any) -> requests.Response:
        """The answer to one call; `content` is what requests takes."""
        # A session a call: the page's threads and the rehearsal ask at once.
        with direct() as session:
            answer = session.request(
                method, f"{self._base}{path}", timeout=self._timeout, **content
            )
        answer.raise_for_status()
        return answer
