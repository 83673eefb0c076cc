"""Calls to a live server; errors say which server, what it answered, and what to do."""

import os
from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import requests

from contract.file import ConfigError
from contract.validation import validated
from tools import http

TIMEOUTS = (5, 60)
"""Seconds to connect, and to wait for an answer: a reload answers when everything is loaded."""
SHOWN = 300
"""Characters of a text that are repeated in an error: the rest of a page says nothing more."""
Read = TypeVar("Read")


class LiveError(Exception):
    """A call to a server failed; the message says which, what it answered, and what to do."""


def said(content: Any) -> str:
    """The message in an answer's content, or else the start of it."""
    told = (content.get("message") or content.get("error")) if isinstance(content, dict) else None
    return str(told or " ".join(str(content).split())[:SHOWN] or "(nothing)")


@dataclass(frozen=True)
class Client:
    """Calls to one server, without proxies and redirects, so that a token goes nowhere else.

    Certificates are verified with REQUESTS_CA_BUNDLE if it is set.
    """

    name: str
    url: str
    """The server's address, without a trailing slash."""
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """User and password, encoded as they are sent; empty if there are none."""
        return b64encode(f"{self.user}:{self.password}".encode()).decode() if self.user else ""

    @property
    def secrets(self) -> list[str]:
        """What nobody may see, even if a server repeats it."""
        return [text for text in (self.token, self.password, self.basic) if text]

    @property
    def where(self) -> str:
        """The server's name and address, for messages."""
        return f"{self.name} at {self.url}"

    @property
    def _url(self) -> str:
        """The name of the variable with its address, for messages."""
        return f"{self.name.upper()}_URL"

    @property
    def _way_in(self) -> str:
        """What to do if the server refuses who asks, for messages."""
        prefix = self.name.upper()
        names = f"{prefix}_TOKEN, or {prefix}_USER and {prefix}_PASSWORD"
        if not self.secrets:
            return f"it was asked without a token or password: set {names}"
        return f"the token or password that was sent is wrong or may not do this: check {names}"

    def get(self, path: str, validate: Callable[[Any], Read]) -> Read:
        """What pydantic's `validate` makes of the JSON at `path`. Raises LiveError."""
        return self.read(path, self.ask("GET", path)[1], validate)

    def read(self, path: str, content: Any, validate: Callable[[Any], Read]) -> Read:
        """What `validate` makes of an answer's content. Raises LiveError if it has another form."""
        try:
            return validated(validate, content, f"GET {path}", secret=True)
        except ConfigError as error:
            first = str(error).partition("\n")[0]
            raise LiveError(
                f"{self.url} does not answer as {self.name} does: is {self._url} its address? "
                f"({first})"
            ) from None

    def ask(
        self,
        method: Literal["GET", "POST", "PUT"],
        path: str,
        *,
        admin: bool = False,
        understood: Collection[int] = (),
        **sent: Any,
    ) -> tuple[int, Any]:
        """The status of the answer to one call, and its content: JSON, or a text if it is none.

        `sent` is the argument `json` of requests, if any.

        With `admin` it uses user and password, if they are set. The caller handles the statuses in
        `understood`, whose answers need not be JSON. Raises LiveError for all others but JSON that
        is no error.
        """
        try:
            answer = http.ask(
                method,
                f"{self.url}{path}",
                headers={"Accept": "application/json", **self._entry(admin=admin)},
                timeout=TIMEOUTS,
                verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
                **sent,
            )
        except requests.RequestException as error:
            raise LiveError(self._unreachable(error)) from None
        try:
            content = answer.json()
        except (ValueError, RecursionError):
            content = answer.text
        if answer.status_code not in understood:
            self._check(f"{method} {path}", answer, content)
        return answer.status_code, content

    def reloaded(self, copying: str, advice: str) -> str:
        """Make the server reload its files; returns what was done, with `copying` as advice.

        Raises LiveError if that is refused, with `advice` if the server has no such call, or is not
        configured to allow it.
        """
        status, answer = self.ask("POST", "/-/reload", understood=(200, 403, 404, 405, 500))
        if status == 200:
            return f"reloaded: if it still differs, its file is not that of Git: {copying}"
        if status == 500:
            raise LiveError(f"{self.where} refused its file, and keeps what it had: {said(answer)}")
        raise LiveError(f"{self.where} has no reload ({status}: {said(answer)}): {advice}")

    def _entry(self, *, admin: bool) -> dict[str, str]:
        if self.user and (admin or not self.token):
            return {"Authorization": f"Basic {self.basic}"}
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _unreachable(self, error: requests.RequestException) -> str:
        """Why there was no answer. The library's own messages are long and may contain a header."""
        if isinstance(error, requests.exceptions.SSLError):
            advice = "name its authority's file in REQUESTS_CA_BUNDLE"
            return f"{self.where} has a certificate that is not trusted here: {advice}"
        in_time = isinstance(error, requests.Timeout)
        why = "did not answer in time" if in_time else "cannot be reached"
        return f"{self.where} {why}: is it running, and is {self._url} right?"

    def _check(self, call: str, answer: requests.Response, content: Any) -> None:
        """Raise LiveError unless the answer is JSON and not an error."""
        status, has_json = answer.status_code, not isinstance(content, str)
        asked = f"{self.where} answered {call} with {status}"
        address = f"is {self._url} its address, with its path prefix if it has one?"
        if status in {401, 403}:
            raise LiveError(f"{asked} ({said(content)}): {self._way_in}")
        if 300 <= status < 400:
            away = answer.headers.get("Location", "").partition("?")[0]
            raise LiveError(f"{asked}, a redirect to {away}, which is not followed: {address}")
        if status >= 400:
            raise LiveError(f"{asked}: {said(content) if has_json else address}")
        if not has_json:
            raise LiveError(f"{asked}, but with no JSON ({said(content)}): {address}")
