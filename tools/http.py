"""The client for HTTP APIs. It asks directly, whatever proxy the environment names."""

from typing import Any

import requests

TIMEOUT = 5
"""Seconds for one call."""


def ask(method: str, url: str, **content: Any) -> requests.Response:
    """The answer to one call, whatever its status; a redirect is not followed.

    `content` is what requests takes: params, json, headers, timeout and so on. Raises
    requests.RequestException where there is no answer.
    """
    with requests.Session() as session:
        session.trust_env = False  # it names proxies, and files of passwords
        given = {"timeout": TIMEOUT, "allow_redirects": False, **content}
        return session.request(method, url, **given)


def answers(url: str) -> bool:
    """Whether `url` is answered with 200."""
    try:
        return ask("GET", url).status_code == 200
    except requests.RequestException:
        return False


class Api:
    """The HTTP API of a server at `base` (http://host:port).

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
        """Whether the server is up; Prometheus and its relatives tell it in the same way."""
        return answers(f"{self._base}/-/ready")

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON under `path`."""
        return self.call("GET", path, params=parameters).json()

    def call(self, method: str, path: str, **content: Any) -> requests.Response:
        """The answer to one call, as `ask`."""
        answer = ask(method, f"{self._base}{path}", timeout=self._timeout, **content)
        answer.raise_for_status()
        return answer
