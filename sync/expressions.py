"""PromQL in one form, so that two ways to write an expression compare as equal."""

import re
from functools import cache

from sync.client import Client

_MISSING = (400, 404, 405, 410, 501)
"""What a server says that has no such call, or does not know a function that we use."""
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
    | (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`)
    | (?P<word>[\w:.]+)
    | (?P<sign>[=!<>~]+ | [^\s\w])
    """,
    re.VERBOSE,
)


class Formatter:
    """Formats by the server's own /api/v1/format_query, which Prometheus 2.42 and later have.

    Other rulers with Prometheus' API may lack it. There an expression is its tokens, without
    comments and spaces: what was reformatted is equal, what was bracketed otherwise is not.
    """

    def __init__(self, client: Client) -> None:
        """Ask by `client`."""
        self._client = client
        self._ask = cache(self._formatted)
        self.as_text = False
        """Whether an expression had to be compared as text."""

    def both(self, live: str, git: str) -> tuple[str, str]:
        """`live` and `git` in one form. Raises LiveError where the server fails."""
        one, other = self._ask(live), self._ask(git)
        if one is None or other is None:
            self.as_text = True
            return tokens(live), tokens(git)
        return one, other

    def _formatted(self, expr: str) -> str | None:
        answer = self._client.ask(
            "POST", "/api/v1/format_query", form={"query": expr}, understood=(200, *_MISSING)
        )
        found = answer.data.get("data") if isinstance(answer.data, dict) else None
        return found if answer.status == 200 and isinstance(found, str) else None


def tokens(expr: str) -> str:
    """The tokens of `expr` on one line, each after a space; comments are left out."""
    found = (match for match in _TOKEN.finditer(expr) if match.lastgroup != "comment")
    return " ".join(match[0] for match in found)
