"""Asking a live server: one call, its answer, or a message that says what to do."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import requests

from stack.http import direct
from sync.settings import Server

CONNECT = 5
"""Seconds to reach a server."""
READ = 60
"""Seconds to wait for an answer: a reload answers when all is loaded."""
_SHOWN = 300  # characters of an answer in a message


class LiveError(Exception):
    """A server cannot be asked; the message says which, what it said, and what to do."""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    text: str
    data: Any
    """The parsed JSON; None where it is none."""

    @property
    def said(self) -> str:
        """Its message, for people: that of the JSON where it has one, else the start of it."""
        if isinstance(self.data, dict):
            for key in ("message", "error"):
                if self.data.get(key):
                    return str(self.data[key])
        return " ".join(self.text.split())[:_SHOWN] or "(nothing)"


class Client:
    """Calls to one server. No proxy is used, no redirect followed: a token goes nowhere else."""

    def __init__(self, server: Server) -> None:
        """Talk to `server`, with its certificate checked by REQUESTS_CA_BUNDLE where it is set."""
        self.server = server
        self._session = direct()
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._session.headers["Accept"] = "application/json"

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON under `path`. Raises LiveError where there is none."""
        return self.ask("GET", path, parameters=parameters).data

    def ask(
        self,
        method: Literal["GET", "POST", "PUT"],
        path: str,
        *,
        parameters: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        body: Any = None,
        admin: bool = False,
        understood: Collection[int] | None = None,
    ) -> Answer:
        """One call. `admin`: by user and password, where there are any.

        Statuses in `understood` are the caller's to explain, and need no JSON; without it an
        answer is JSON with status 200. Raises LiveError for all others.
        """
        try:
            found = self._session.request(
                method,
                f"{self.server.url}{path}",
                params=parameters,
                data=form,
                json=body,
                headers=self._entry(admin=admin),
                timeout=(CONNECT, READ),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise LiveError(self._unreachable(error)) from None
        answer = _answer(found)
        if understood is not None and answer.status in understood:
            return answer
        self._check(method, path, answer, found.headers.get("Location", ""))
        return answer

    def _entry(self, *, admin: bool) -> dict[str, str]:
        server = self.server
        if server.user and (admin or not server.token):
            return {"Authorization": f"Basic {server.pair}"}
        return {"Authorization": f"Bearer {server.token}"} if server.token else {}

    def _unreachable(self, error: requests.RequestException) -> str:
        """Why there was no answer. The library's own texts are long, and may repeat a header."""
        name, where = self.server.name, self.server.url
        check = f"is it running, and is {self.server.variable('URL')} right?"
        if isinstance(error, requests.exceptions.SSLError):
            return (
                f"{name} at {where} has a certificate that is not trusted here: name its "
                "authority's file in REQUESTS_CA_BUNDLE"
            )
        if isinstance(error, requests.Timeout):
            return f"{name} at {where} did not answer in time: {check}"
        if isinstance(error, requests.ConnectionError):
            return f"{name} at {where} cannot be reached: {check}"
        return f"{name} at {where}: the call broke off ({type(error).__name__}): {check}"

    def _check(self, method: str, path: str, answer: Answer, location: str) -> None:
        """Raise LiveError unless the answer is JSON, and well."""
        server = self.server
        asked = f"{server.name} at {server.url} answered {method} {path} with {answer.status}"
        address = f"is {server.variable('URL')} its address, with its path prefix if it has one?"
        if answer.status in {401, 403}:
            raise LiveError(f"{asked} ({answer.said}): {self._way_in()}")
        if 300 <= answer.status < 400:
            away = location.partition("?")[0]
            raise LiveError(f"{asked}, a redirect to {away}, which is not followed: {address}")
        if answer.status == 404 and answer.data is None:
            raise LiveError(f"{asked}: {address}")
        if answer.status >= 400:
            raise LiveError(f"{asked}: {answer.said}")
        if answer.data is None:
            raise LiveError(f"{asked}, but with no JSON ({answer.said[:60]}): {address}")

    def _way_in(self) -> str:
        names = [self.server.variable(what) for what in ("TOKEN", "USER", "PASSWORD")]
        if self.server.token or self.server.user:
            return f"is what {names[0]}, or {names[1]} and {names[2]}, give right, and allowed it?"
        return f"set {names[0]}, or {names[1]} and {names[2]}"

    def not_its_own(self, path: str) -> LiveError:
        """The error for an answer that is JSON, but not what such a server says."""
        return LiveError(
            f"{self.server.url} answered GET {path} with something that {self.server.name} does "
            f"not say: is {self.server.variable('URL')} its address?"
        )


def _answer(found: requests.Response) -> Answer:
    found.encoding = found.encoding or "utf-8"
    try:
        data = found.json()
    except ValueError:
        data = None
    return Answer(found.status_code, found.text, data)
