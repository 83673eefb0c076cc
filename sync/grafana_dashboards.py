"""Compare the dashboards of a running Grafana with the checkout's, and save those that differ.

Panels, variables, annotations and links that only the live dashboard has are reported, and kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from delivery.grafana_versions import DASHBOARD, MARKS
from sync.checkout import Checkout
from sync.client import Client, LiveError
from sync.comparison import Change, Comparison, Thing, differences, order
from sync.grafana import folder_found_or_made, read_again, too_old_for, without_defaults

Json = dict[str, Any]

_MESSAGE = "compozy-monitoring: make sync"
_LOST = (409, 412)
"""Statuses of a save that was refused because the live version is another one."""
_SET_BY_GRAFANA = {"id", "uid", "version", "iteration", "gnetId", "schemaVersion"}
"""Keys that Grafana sets when it saves a dashboard or migrates it to a later format."""
_PARTS = {"panels": "id", "templating": "name", "annotations": "name", "links": "title"}
"""The lists of a dashboard, and the key that identifies their entries."""
_FILLED = {"query", "datasource", "interval"}
"""Kinds of variables whose options Grafana fills in."""


class _Live(NamedTuple):
    dashboard: Json
    meta: Json

    @classmethod
    def read(cls, found: Json) -> "_Live":
        """From the API's answer."""
        return cls(found["dashboard"], found.get("meta") or {})


@dataclass
class Dashboards:
    """Compares dashboards by uid. It overwrites live ones, except those that come from files."""

    client: Client
    checkout: Checkout
    _compared: list[tuple[Json, _Live | None]] = field(default_factory=list)

    def compare(self) -> Comparison:
        """The differences. Raises LiveError or FileError."""
        notes = too_old_for(self.client, DASHBOARD, MARKS)
        self._compared = [(git, self._live(git["uid"])) for git in self.checkout.dashboards()]
        changes: list[Change] = []
        for git, live in self._compared:
            if live is None:
                thing = f"dashboard {git['uid']}"
                changes.append(Change(thing, "is not there", git=git.get("title")))
            else:
                changes += compare(live.dashboard, git)
        return Comparison(tuple(changes), tuple(notes))

    def apply(self, found: Comparison) -> Iterator[str]:
        """Save every dashboard that differed when it was compared, and report what was done.

        Raises LiveError, also if a dashboard has been changed since.
        """
        files = []
        for git, live in self._compared if found.applicable else ():
            if live is None:
                self._save({**git, "id": None}, self._folder())
                yield f"dashboard {git['uid']}: made"
            elif all(change.by_hand for change in compare(live.dashboard, git)):
                continue
            elif live.meta.get("provisioned"):
                files.append(git["uid"])
            else:
                self._save(merged(live.dashboard, git), live.meta.get("folderUid") or "")
                yield f"dashboard {git['uid']}: saved"
        if files:
            copy = " (copy cluster/grafana/dashboards/ to where its provider reads)"
            yield read_again(self.client, "dashboards", f"dashboard {', '.join(files)}", copy)

    def _live(self, uid: str) -> _Live | None:
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        answer = self.client.ask("GET", path, understood=(200, 404))
        if answer.status == 404 and isinstance(answer.data, dict):
            return None
        return self.client.read(path, answer, _Live.read)

    def _folder(self) -> str:
        """The uid of the folder that provisioning would use; empty for the top level."""
        wanted = self.checkout.dashboard_folder()
        return folder_found_or_made(self.client, wanted) if wanted else ""

    def _save(self, dashboard: Json, folder: str) -> None:
        """Overwrite the version that it names. Raises LiveError if another one is live by now."""
        body = {"dashboard": dashboard, "folderUid": folder, "message": _MESSAGE}
        answer = self.client.ask(
            "POST",
            "/api/dashboards/db",
            json={**body, "overwrite": False},
            understood=(200, *_LOST),
        )
        if answer.status in _LOST:
            raise LiveError(
                f"dashboard {dashboard['uid']}: not saved: somebody else saved it, or one of its "
                f"title, since it was read ({answer.said}): look at it, and run `make sync` again"
            )


def compare(live: Json, git: Json) -> Iterator[Change]:
    """The differences in the settings and in each part."""
    name = f"dashboard {git['uid']}"
    yield from differences([_settings(live, name)], [_settings(git, name)])
    old, new = live.get("schemaVersion") or 0, git.get("schemaVersion") or 0
    if old < new:
        yield Change(name, "schemaVersion", str(old), str(new))
    kept = "is not in Git (kept: remove it in Grafana if nobody wants it)"
    for part, key in _PARTS.items():
        one, other = _ours(live, part), _ours(git, part)
        lives, gits = ([_thing(each, name, part, key) for each in side] for side in (one, other))
        yield from differences(lives, gits, what=kept, by_hand=True)
        if part != "panels":  # their position is given by gridPos
            keys = ([str(each.get(key)) for each in side] for side in (one, other))
            yield from order(name, part, *keys)


def merged(live: Json, git: Json) -> Json:
    """`git` as it will overwrite `live`, with people's choices and entries that only `live` has."""
    made = {key: each for key, each in git.items() if key != "id"}
    made["version"] = live.get("version")
    made["panels"] = [*git["panels"], *_panels_of_others(live, git)]
    chosen = {each.get("name"): each for each in _list(live, "templating")}
    variables = [
        _with_choice(each, chosen.get(each["name"], {})) for each in _list(git, "templating")
    ]
    made["templating"] = {"list": [*variables, *_missing(live, git, "templating")]}
    marks = [*_ours(git, "annotations"), *_missing(live, git, "annotations")]
    # Grafana's own entry is kept as people configured it.
    own = [
        each for side in (live, git) for each in _list(side, "annotations") if each.get("builtIn")
    ]
    made["annotations"] = {"list": [*own[:1], *marks]}
    made["links"] = [*_list(git, "links"), *_missing(live, git, "links")]
    return made


def _settings(dashboard: Json, name: str) -> Thing:
    kept = {k: v for k, v in dashboard.items() if k not in _SET_BY_GRAFANA | _PARTS.keys()}
    return Thing(name, without_defaults(kept))


def _list(dashboard: Json, part: str) -> list[Json]:
    """A part's entries, unchanged."""
    held = dashboard.get(part) or []
    found: list[Json] = held.get("list") or [] if isinstance(held, dict) else held
    return found


def _ours(dashboard: Json, part: str) -> list[Json]:
    """All entries, including those in collapsed rows, except Grafana's own annotation entry."""
    found = []
    for each in _list(dashboard, part):
        inner = each.get("panels") or [] if part == "panels" else []
        found += [
            {k: v for k, v in each.items() if k != "panels"} if part == "panels" else each,
            *inner,
        ]
    return [each for each in found if not each.get("builtIn")]


def _thing(entry: Json, dashboard: str, part: str, key: str) -> Thing:
    """An entry without a variable's chosen value and looked-up options, for the comparison."""
    kind = {"panels": "panel", "templating": "variable"}.get(part, part.rstrip("s"))
    title = f'"{entry.get("name") or entry.get("title") or "(untitled)"}"'
    called = f"{entry.get('id')} {title}" if part == "panels" else title
    chosen = {"current", "options"} if entry.get("type") in _FILLED else {"current"}
    value = {k: v for k, v in entry.items() if k not in chosen}
    name = f"{dashboard}, {kind} {called}"
    return Thing(name, without_defaults(value), title, (part, entry.get(key)))


def _with_choice(ours: Json, live: Json) -> Json:
    keys = ("current", "options") if ours.get("type") in _FILLED else ("current",)
    return {**ours, **{key: live[key] for key in keys if live.get(key)}}


def _missing(live: Json, git: Json, part: str) -> list[Json]:
    """The entries that only `live` has."""
    names = {each.get(_PARTS[part]) for each in _list(git, part)}
    return [each for each in _ours(live, part) if each.get(_PARTS[part]) not in names]


def _panels_of_others(live: Json, git: Json) -> Iterator[Json]:
    """Panels that only `live` has, including its rows with those of their panels not ours."""
    ours = {panel.get("id") for panel in _ours(git, "panels")}
    for panel in live.get("panels") or []:
        inner = [each for each in panel.get("panels") or [] if each.get("id") not in ours]
        if panel.get("id") in ours:
            yield from inner
        else:
            yield {**panel, "panels": inner} if "panels" in panel else panel
