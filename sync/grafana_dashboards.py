"""Compare the dashboards of a running Grafana with the checkout's, and save those that differ.

Panels, variables, annotations and links that only the live dashboard has are reported, and kept.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, AliasPath, Field

from contract.document import Document, Json
from contract.file import ConfigError
from delivery import grafana_json
from delivery.grafana_json import Dashboard, entries
from delivery.grafana_versions import DASHBOARD, MARKS
from delivery.targets.grafana import DASHBOARDS, PROVIDER, expanded
from sync.client import Client, LiveError, said
from sync.comparison import Part, Thing, change, differences, read
from sync.grafana import folder_found_or_made, read_again, too_old_for, without_defaults

_MESSAGE = "compozy-monitoring: make sync"
_LOST = (409, 412)
"""Statuses of a save that was refused because the live version is another one."""
_KEPT = "kept: remove it in Grafana if nobody wants it"
"""Of what only the live dashboard has."""
_SET_BY_GRAFANA = {"id", "uid", "version", "iteration", "gnetId"}
"""Keys that Grafana sets when it saves a dashboard."""
_KEYS = {"panels": "id", **grafana_json.NAMED}
"""The lists of a dashboard, and the key that identifies their entries."""
_FILLED = {"query", "datasource", "interval"}
"""Kinds of variables whose options Grafana fills in."""


class _Dashboard(Dashboard):
    uid: str


def _checked(dashboard: Json) -> Json:
    """A dashboard as it is, with its uid as a text."""
    return {**dashboard, "uid": _Dashboard.model_validate(dashboard).uid}


class _Found(Document):
    dashboard: Annotated[Json, AfterValidator(_checked)]
    provisioned: bool = Field(default=False, validation_alias=AliasPath("meta", "provisioned"))
    folder: str = Field("", validation_alias=AliasPath("meta", "folderUid"))


class _Provisioning(Document):
    folder: str = Field(min_length=1, validation_alias=AliasPath("providers", 0, "folder"))


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare dashboards by uid. They are overwritten, except those that come from files.

    Raises LiveError or ConfigError.
    """
    yield Part(notes=too_old_for(client, DASHBOARD, MARKS))
    files = sorted((root / DASHBOARDS).glob("*.json"))
    if not files:
        raise ConfigError(
            f"{root / DASHBOARDS}: no dashboard is there: run `make build`, with the target "
            "grafana; or leave GRAFANA_URL out"
        )
    for file in files:
        yield _part(client, root, read(root, DASHBOARDS / file.name, _checked))


def _part(client: Client, root: Path, git: Json) -> Part:
    """The comparison of one dashboard."""
    uid = git["uid"]
    path = f"/api/dashboards/uid/{quote(uid, safe='')}"
    status, answer = client.ask("GET", path, understood=(200, 404))
    if status == 404 and isinstance(answer, dict):
        told = change(f"dashboard {uid}", "is not there", git=git.get("title"))
        return Part([told], partial(_make, client, root, git))
    found = client.read(path, answer, _Found.model_validate)
    changes = list(compare(found.dashboard, git))
    if found.provisioned:
        copy = ": copy cluster/grafana/dashboards/ to where its provider reads"
        return Part(changes, partial(read_again, client, "dashboards", f"dashboard {uid}", copy))
    made = merged(found.dashboard, git)
    if list(compare(made, git)) == changes:  # saving it would change none of this
        return Part(changes)
    return Part(changes, partial(_post, client, made, found.folder, "saved"))


def _make(client: Client, root: Path, git: Json) -> str:
    """Create a dashboard in the folder that provisioning would use."""
    title = read(root, PROVIDER, _Provisioning.model_validate).folder
    folder = folder_found_or_made(client, expanded(title))
    return _post(client, {**git, "id": None}, folder, "made")


def _post(client: Client, dashboard: Json, folder: str, done: str) -> str:
    """Overwrite the version that it names. Raises LiveError if another one is live by now."""
    body = {"dashboard": dashboard, "folderUid": folder, "message": _MESSAGE, "overwrite": False}
    status, answer = client.ask("POST", "/api/dashboards/db", json=body, understood=(200, *_LOST))
    if status in _LOST:
        raise LiveError(
            f"dashboard {dashboard['uid']}: not saved: somebody else saved it, or one of its "
            f"title, since it was read ({said(answer)}): look at it, and run `make sync` again"
        )
    return f"dashboard {dashboard['uid']}: {done}"


def compare(live: Json, git: Json) -> Iterator[str]:
    """The differences in the settings and in each part."""
    name = f"dashboard {git['uid']}"
    if (live.get("schemaVersion") or 0) >= (git.get("schemaVersion") or 0):  # it was migrated
        live = {**live, "schemaVersion": git.get("schemaVersion")}
    yield from differences(_things(live, name), _things(git, name), _KEPT)


def merged(live: Json, git: Json) -> Json:
    """`git` as it will overwrite `live`, with people's choices and entries that only `live` has."""
    made = {key: each for key, each in git.items() if key != "id"}
    panels = [*entries(git, "panels"), *_theirs(live, git)]
    kept = {"version": live.get("version"), "panels": panels}
    return {**made, **kept, **grafana_json.merged(git, live, _as_chosen)}


def _things(dashboard: Json, name: str) -> Iterator[Thing]:
    """The settings and the entries of a dashboard."""
    kept = {k: v for k, v in dashboard.items() if k not in _SET_BY_GRAFANA | _KEYS.keys()}
    ordered = {  # the position of panels is given by gridPos
        part: [str(it.get(key)) for it in _entries(dashboard, part)]
        for part, key in grafana_json.NAMED.items()
    }
    yield Thing(name, without_defaults(kept), ordered=ordered)
    for part in _KEYS:
        yield from (_thing(each, name, part) for each in _entries(dashboard, part))


def _entries(dashboard: Json, part: str) -> list[Json]:
    """All entries, including those in collapsed rows, except Grafana's own annotation entry."""
    found = []
    for each in entries(dashboard, part):
        row = {key: value for key, value in each.items() if key != "panels"}
        found += [row, *(each.get("panels") or [])]
    return [each for each in found if not each.get("builtIn")]


def _thing(entry: Json, dashboard: str, part: str) -> Thing:
    """An entry without what people choose, for the comparison."""
    kind = "variable" if part == "templating" else part.removesuffix("s")
    title = f'"{entry.get("name") or entry.get("title") or "(untitled)"}"'
    called = f"{entry.get('id')} {title}" if part == "panels" else title
    value = {k: v for k, v in entry.items() if k not in _chosen(entry)}
    name = f"{dashboard}, {kind} {called}"
    return Thing(name, without_defaults(value), title, (part, entry.get(_KEYS[part])))


def _chosen(entry: Json) -> set[str]:
    """The keys of a variable's value, and of the options that Grafana looks up."""
    return {"current", "options"} if entry.get("type") in _FILLED else {"current"}


def _as_chosen(_: str, ours: Json, live: Json) -> Json:
    """An entry of ours with what people chose; Grafana's own entry is as people configured it."""
    if ours.get("builtIn"):
        return live
    return {**ours, **{key: live[key] for key in _chosen(ours) if live.get(key)}}


def _theirs(live: Json, git: Json) -> list[Json]:
    """The panels that only `live` has; ours are taken out of its own rows, as `git` has them."""
    ours = {each.get("id") for each in _entries(git, "panels")}
    found = []
    for each in entries(live, "panels"):
        inner = [panel for panel in each.get("panels") or [] if panel.get("id") not in ours]
        if each.get("id") in ours:
            found += inner
        else:
            found.append({**each, "panels": inner} if "panels" in each else each)
    return found
