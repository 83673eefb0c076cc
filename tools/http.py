"""The client for HTTP APIs. It connects directly, even if the environment names a proxy."""

from typing import Any

import requests

TIMEOUT = 5
"""Seconds for one call."""


def ask(method: str, url: str, **content: Any) -> requests.Response:
    """The answer to one call, whatever its status; a redirect is not followed.

    `content` are arguments of requests: params, json, headers, timeout and so on. Raises
    requests.RequestException if there is no answer.
    """
    with requests.Session() as session:
        session.trust_env = False  # the environment may name proxies and password files
        given = {"timeout": TIMEOUT, "allow_redirects": False, **content}
        return session.request(method, url, **given)


def answers(url: str) -> bool:
    """Whether `url` answers with 200."""
    try:
        return ask("GET", url).status_code == 200
    except requests.RequestException:
        return False


class Api:
    """The HTTP API of a server at `base` (http://host:port).

    Calls raise requests.RequestException if there is no answer, or an error status.
    """

    def __init__(self, base: str, timeout: float = TIMEOUT) -> None:
        """Each call may take `timeout` seconds."""
        self.base = base
        self._timeout = timeout

    def __str__(self) -> str:
        """The address, for people."""
        return self.base

    def ready(self) -> bool:
        """Whether the server is up; Prometheus and Alertmanager use the same path for this."""
        return answers(f"{self.base}/-/ready")

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON at `path`."""
        return self.call("GET", path, params=parameters).json()

    def call(self, method: str, path: str, **content: Any) -> requests.Response:
        """The answer to one call, as with `ask`, if its status is no error."""
        answer = ask(method, f"{self.base}{path}", timeout=self._timeout, **content)
        answer.raise_for_status()
        return answer
