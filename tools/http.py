"""The client for HTTP APIs. It connects directly, even if the environment names a proxy."""

from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT = 30
"""Seconds for one call: enough on a busy machine."""


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


@dataclass(eq=False)
class Api:
    """The HTTP API of a server at `base` (http://host:port); a call may take `timeout` seconds.

    Calls raise requests.RequestException if there is no answer, or an error status.
    """

    base: str
    timeout: float = TIMEOUT

    def ready(self) -> bool:
        """Whether the server is up; Prometheus and Alertmanager use the same path for this."""
        return answers(f"{self.base}/-/ready")

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON at `path`; a parameter that is None is left out."""
        return self.call("GET", path, params=parameters).json()

    def call(self, method: str, path: str, **content: Any) -> requests.Response:
        """The answer to one call, as with `ask`, if its status is no error."""
        answer = ask(method, f"{self.base}{path}", timeout=self.timeout, **content)
        answer.raise_for_status()
        return answer


class PrometheusApi(Api):
    """The HTTP API of a Prometheus."""

    def query(self, expr: str, at: int | None = None) -> list[dict[str, Any]]:
        """The samples of `expr` at `at` (Unix seconds), by default now."""
        return self._data("query", query=expr, time=at)["result"]

    def query_range(self, expr: str, start: int, end: int, step: int) -> list[dict[str, Any]]:
        """The samples of `expr` from `start` to `end` (Unix seconds), every `step` seconds."""
        span = {"start": start, "end": end, "step": step}
        return self._data("query_range", query=expr, **span)["result"]

    def samples_read(self, expr: str, start: int, end: int, step: int = 1) -> int:
        """How many samples Prometheus reports to read for `expr` at all steps of a range."""
        span = {"start": start, "end": end, "step": step}
        answer = self.get("/api/v1/query_range", query=expr, stats="all", **span)
        return int(answer["data"]["stats"]["samples"]["totalQueryableSamples"])

    def rules(self) -> list[dict[str, Any]]:
        """Every loaded rule, in the order in which it is evaluated.

        Each has a name and its health (ok, ...), alerts a state (inactive, ...), and one that
        fails its lastError.
        """
        return [rule for group in self._data("rules")["groups"] for rule in group["rules"]]

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that are pending or firing, each with labels, state and activeAt."""
        return self._data("alerts")["alerts"]

    def _data(self, path: str, **parameters: Any) -> dict[str, list[dict[str, Any]]]:
        data: dict[str, list[dict[str, Any]]] = self.get(f"/api/v1/{path}", **parameters)["data"]
        return data
