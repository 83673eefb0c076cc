"""Calls to a live server; errors say which server, what it answered, and what to do."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import requests

from sync.settings import Server
from tools import http

TIMEOUTS = (5, 60)
"""Seconds to connect, and to wait for an answer: a reload answers when everything is loaded."""
_SHOWN = 300  # characters of an answer in a message


class LiveError(Exception):
    """A call to a server failed; the message says which, what it answered, and what to do."""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    text: str
    data: Any
    """The parsed JSON; None if the answer is not JSON."""

    @property
    def said(self) -> str:
        """The answer's message: that in its JSON, or else the start of its text."""
        if isinstance(self.data, dict):
            for key in ("message", "error"):
                if self.data.get(key):
                    return str(self.data[key])
        return " ".join(self.text.split())[:_SHOWN] or "(nothing)"


class Client:
    """Calls to one server, without proxies and redirects, so that a token goes nowhere else.

    Certificates are verified with REQUESTS_CA_BUNDLE if it is set.
    """

    def __init__(self, server: Server) -> None:
        """Call `server`."""
        self.server = server

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON at `path`. Raises LiveError if there is none."""
        return self.ask("GET", path, params=parameters).data

    def ask(
        self,
        method: Literal["GET", "POST", "PUT"],
        path: str,
        *,
        admin: bool = False,
        understood: Collection[int] | None = None,
        **sent: Any,
    ) -> Answer:
        """Make one call; `sent` are the arguments `params` and `json` of requests.

        With `admin` it uses user and password, if they are set. The caller handles the statuses in
        `understood`, whose answers need not be JSON; without it the answer must be JSON and no
        error. Raises LiveError for all others.
        """
        try:
            found = http.ask(
                method,
                f"{self.server.url}{path}",
                headers={"Accept": "application/json", **self._entry(admin=admin)},
                timeout=TIMEOUTS,
                verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
                **sent,
            )
        except requests.RequestException as error:
            raise LiveError(self._unreachable(error)) from None
        found.encoding = found.encoding or "utf-8"
        try:
            data = found.json()
        except ValueError:
            data = None
        answer = Answer(found.status_code, found.text, data)
        if understood is None or answer.status not in understood:
            self._check(f"{method} {path}", answer, found.headers.get("Location", ""))
        return answer

    def reloaded(self, copying: str, *, not_found: str = "", forbidden: str = "") -> str:
        """Make the server reload its files; returns what was done, with `copying` as advice.

        Raises LiveError if that is refused, with the advice `not_found` if the server has no such
        call, and `forbidden` if it is not configured to allow it.
        """
        answer = self.ask("POST", "/-/reload", understood=(200, 403, 404, 405, 500))
        if answer.status == 200:
            again = "reloaded: its files are read again; what differs still, differs in them"
            return f"{again} ({copying})"
        where = f"{self.server.name} at {self.server.url}"
        if answer.status == 500:
            raise LiveError(f"{where} keeps what it had: {answer.said}")
        why = not_found if answer.status == 404 else forbidden
        proxy = (
            f"does a proxy hold back POST /-/reload, and is {self._variables('URL')} its address?"
        )
        raise LiveError(f"{where} has no reload ({answer.status}: {answer.said}): {why or proxy}")

    def _entry(self, *, admin: bool) -> dict[str, str]:
        server = self.server
        if server.user and (admin or not server.token):
            return {"Authorization": f"Basic {server.basic}"}
        return {"Authorization": f"Bearer {server.token}"} if server.token else {}

    def _unreachable(self, error: requests.RequestException) -> str:
        """Why there was no answer. The library's own messages are long and may contain a header."""
        where = f"{self.server.name} at {self.server.url}"
        if isinstance(error, requests.exceptions.SSLError):
            advice = "name its authority's file in REQUESTS_CA_BUNDLE"
            return f"{where} has a certificate that is not trusted here: {advice}"
        kinds = {
            requests.Timeout: "did not answer in time",
            requests.ConnectionError: "cannot be reached",
        }
        broke = f"broke off the call ({type(error).__name__})"
        why = next((text for kind, text in kinds.items() if isinstance(error, kind)), broke)
        return f"{where} {why}: is it running, and is {self._variables('URL')} right?"

    def _check(self, call: str, answer: Answer, location: str) -> None:
        """Raise LiveError unless the answer is JSON and not an error."""
        asked = f"{self.server.name} at {self.server.url} answered {call} with {answer.status}"
        address = f"is {self._variables('URL')} its address, with its path prefix if it has one?"
        if answer.status in {401, 403}:
            names = self._variables("TOKEN", "USER", "PASSWORD")
            given = self.server.token or self.server.user
            way_in = f"is what {names} give right, and allowed it?" if given else f"set {names}"
            raise LiveError(f"{asked} ({answer.said}): {way_in}")
        if 300 <= answer.status < 400:
            away = location.partition("?")[0]
            raise LiveError(f"{asked}, a redirect to {away}, which is not followed: {address}")
        if answer.status >= 400:
            raise LiveError(f"{asked}: {address if answer.data is None else answer.said}")
        if answer.data is None:
            raise LiveError(f"{asked}, but with no JSON ({answer.said[:60]}): {address}")

    def _variables(self, first: str, *rest: str) -> str:
        """This server's environment variables as text: one, or those of token and user."""
        names = [f"{self.server.name.upper()}_{each}" for each in (first, *rest)]
        return names[0] if not rest else f"{names[0]}, or {names[1]} and {names[2]},"

    def not_its_own(self, path: str) -> LiveError:
        """The error for an answer that is JSON, but not of the expected form."""
        return LiveError(
            f"{self.server.url} answered GET {path} with something that {self.server.name} does "
            f"not say: is {self._variables('URL')} its address?"
        )
