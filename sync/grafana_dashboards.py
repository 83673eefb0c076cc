"""The dashboards of a live Grafana beside those of the checkout."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sync.changes import Change, Comparison
from sync.client import Client
from sync.dashboard import compare, merged
from sync.git import Checkout
from sync.grafana_admin import reload
from sync.grafana_folders import found_or_made

Json = dict[str, Any]
_MESSAGE = "compozy-monitoring: make sync"


@dataclass(frozen=True)
class _Live:
    dashboard: Json
    meta: Json


class Dashboards:
    """By uid. Those that Grafana reads from files are left to it; others are saved over."""

    def __init__(self, client: Client, checkout: Checkout) -> None:
        """Compare what `client` reaches with `checkout`."""
        self._client = client
        self._checkout = checkout

    def compare(self) -> Comparison:
        """What differs. Raises LiveError or FileError."""
        changes: list[Change] = []
        for git in self._checkout.dashboards():
            live = self._live(git["uid"])
            if live is None:
                thing = f"dashboard {git['uid']}"
                changes.append(Change(thing, "is not there", git=git.get("title")))
            else:
                changes += compare(live.dashboard, git)
        return Comparison(tuple(changes))

    def apply(self) -> list[str]:
        """Save every dashboard that differs, but for what only the live one has; say what was."""
        said, files = [], []
        for git in self._checkout.dashboards():
            live = self._live(git["uid"])
            if live is not None and not any(c.mendable for c in compare(live.dashboard, git)):
                continue
            if live is not None and live.meta.get("provisioned"):
                files.append(git["uid"])
            else:
                self._save(git, live)
                said.append(f"dashboard {git['uid']}: {'saved' if live else 'made'}")
        if files:
            told = reload(self._client, "dashboards")
            said.append(
                f"dashboard {', '.join(files)}: provisioned from a file, which no API changes; "
                f"Grafana has read its files again ({told}): what differs still, differs in them "
                "(copy cluster/grafana/dashboards/ to where its provider reads)"
            )
        return said

    def _live(self, uid: str) -> _Live | None:
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        answer = self._client.ask("GET", path, understood=(200, 404))
        if not isinstance(answer.data, dict):
            raise self._client.not_its_own(path)
        if answer.status == 404:
            return None
        dashboard = answer.data.get("dashboard")
        if not isinstance(dashboard, dict):
            raise self._client.not_its_own(path)
        return _Live(dashboard, answer.data.get("meta") or {})

    def _save(self, git: Json, live: _Live | None) -> None:
        """Overwrite it in the folder where it is; a new one comes where the files put it."""
        if live is not None:
            dashboard = merged(live.dashboard, git)
            folder = live.meta.get("folderUid") or ""
        else:
            dashboard = {**git, "id": None}
            wanted = self._checkout.dashboard_folder()
            folder = found_or_made(self._client, wanted) if wanted else ""
        body = {
            "dashboard": dashboard,
            "folderUid": folder,
            "message": _MESSAGE,
            "overwrite": True,
        }
        self._client.ask("POST", "/api/dashboards/db", body=body)
