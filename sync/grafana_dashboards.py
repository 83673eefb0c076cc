"""Compare the dashboards of a running Grafana with the checkout's, and save those that differ.

Panels, variables, annotations and links that only the live dashboard has are reported, and kept.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from contract.document import Document, Json
from contract.file import ConfigError
from delivery.grafana_json import Dashboard
from delivery.grafana_versions import DASHBOARD, MARKS
from delivery.targets.grafana import DASHBOARDS, PROVIDER, expanded
from sync.client import Client, LiveError
from sync.comparison import Change, Part, Thing, differences, order
from sync.grafana import folder_found_or_made, read_again, too_old_for, without_defaults
from sync.reading import read

_MESSAGE = "compozy-monitoring: make sync"
_LOST = (409, 412)
"""Statuses of a save that was refused because the live version is another one."""
_SET_BY_GRAFANA = {"id", "uid", "version", "iteration", "gnetId", "schemaVersion"}
"""Keys that Grafana sets when it saves a dashboard or migrates it to a later format."""
_PARTS = {
    "panels": ("id", "panel"),
    "templating": ("name", "variable"),
    "annotations": ("name", "annotation"),
    "links": ("title", "link"),
}
"""The lists of a dashboard: the key that identifies their entries, and what one is called."""
_LISTS = ("templating", "annotations")
"""Those that Grafana keeps below a key `list`."""
_FILLED = {"query", "datasource", "interval"}
"""Kinds of variables whose options Grafana fills in."""


class _Dashboard(Dashboard):
    uid: str


class _Meta(Document):
    provisioned: bool = False
    folderUid: str = ""  # noqa: N815  # Grafana's name


class _Found(Document):
    dashboard: _Dashboard
    meta: _Meta = _Meta()


class _Provider(Document):
    folder: str = ""


class _Providers(Document):
    providers: Annotated[tuple[_Provider, ...], Field(min_length=1)]


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
        yield _part(client, root, read(root, DASHBOARDS / file.name, _of_file))


def _of_file(dashboard: Json) -> Json:
    uid = _Dashboard.model_validate(dashboard).uid
    return {**dashboard, "uid": uid}


def _of_api(answer: Any) -> tuple[Json, _Meta]:
    """The dashboard as it is, and what Grafana says of it."""
    meta = _Found.model_validate(answer).meta
    return answer["dashboard"], meta


def _part(client: Client, root: Path, git: Json) -> Part:
    """The comparison of one dashboard."""
    uid = git["uid"]
    path = f"/api/dashboards/uid/{quote(uid, safe='')}"
    answer = client.ask("GET", path, understood=(200, 404))
    if answer.status == 404 and isinstance(answer.data, dict):
        change = Change(f"dashboard {uid}", "is not there", git=git.get("title"))
        return Part([change], partial(_make, client, root, git))
    live, meta = client.read(path, answer, _of_api)
    changes = list(compare(live, git))
    if meta.provisioned:
        copy = " (copy cluster/grafana/dashboards/ to where its provider reads)"
        return Part(changes, partial(read_again, client, "dashboards", f"dashboard {uid}", copy))
    return Part(changes, partial(_post, client, merged(live, git), meta.folderUid, "saved"))


def _make(client: Client, root: Path, git: Json) -> str:
    """Create a dashboard in the folder that provisioning would use."""
    title = ""
    if (root / PROVIDER).exists():
        title = read(root, PROVIDER, _Providers.model_validate).providers[0].folder
    folder = folder_found_or_made(client, expanded(title)) if title else ""
    return _post(client, {**git, "id": None}, folder, "made")


def _post(client: Client, dashboard: Json, folder: str, done: str) -> str:
    """Overwrite the version that it names. Raises LiveError if another one is live by now."""
    body = {"dashboard": dashboard, "folderUid": folder, "message": _MESSAGE, "overwrite": False}
    answer = client.ask("POST", "/api/dashboards/db", json=body, understood=(200, *_LOST))
    if answer.status in _LOST:
        raise LiveError(
            f"dashboard {dashboard['uid']}: not saved: somebody else saved it, or one of its "
            f"title, since it was read ({answer.said}): look at it, and run `make sync` again"
        )
    return f"dashboard {dashboard['uid']}: {done}"


def compare(live: Json, git: Json) -> Iterator[Change]:
    """The differences in the settings and in each part."""
    name = f"dashboard {git['uid']}"
    yield from differences([_settings(live, name)], [_settings(git, name)])
    old, new = live.get("schemaVersion") or 0, git.get("schemaVersion") or 0
    if old < new:
        yield Change(name, "schemaVersion", str(old), str(new))
    kept = "kept: remove it in Grafana if nobody wants it"
    for part, (key, _) in _PARTS.items():
        sides = [_entries(live, part), _entries(git, part)]
        lives, gits = ([_thing(each, name, part) for each in side] for side in sides)
        yield from differences(lives, gits, kept)
        if part != "panels":  # their position is given by gridPos
            yield from order(name, part, *([str(it.get(key)) for it in side] for side in sides))


def merged(live: Json, git: Json) -> Json:
    """`git` as it will overwrite `live`, with people's choices and entries that only `live` has."""
    made = {key: each for key, each in git.items() if key != "id"}
    made["version"] = live.get("version")
    for part, (key, _) in _PARTS.items():
        found = {each.get(key): each for each in _list(live, part)}
        ours = [_as_chosen(each, found.get(each.get(key), {})) for each in _list(git, part)]
        entries = [*ours, *_theirs(live, git, part)]
        made[part] = {"list": entries} if part in _LISTS else entries
    return made


def _settings(dashboard: Json, name: str) -> Thing:
    kept = {k: v for k, v in dashboard.items() if k not in _SET_BY_GRAFANA | _PARTS.keys()}
    return Thing(name, without_defaults(kept))


def _list(dashboard: Json, part: str) -> list[Json]:
    """A part's entries, unchanged."""
    held = dashboard.get(part) or []
    found: list[Json] = held.get("list") or [] if isinstance(held, dict) else held
    return found


def _entries(dashboard: Json, part: str) -> list[Json]:
    """All entries, including those in collapsed rows, except Grafana's own annotation entry."""
    found = []
    for each in _list(dashboard, part):
        row = {key: value for key, value in each.items() if key != "panels"}
        found += [row, *(each.get("panels") or [])]
    return [each for each in found if not each.get("builtIn")]


def _thing(entry: Json, dashboard: str, part: str) -> Thing:
    """An entry without what people choose, for the comparison."""
    key, kind = _PARTS[part]
    title = f'"{entry.get("name") or entry.get("title") or "(untitled)"}"'
    called = f"{entry.get('id')} {title}" if part == "panels" else title
    value = {k: v for k, v in entry.items() if k not in _chosen(entry)}
    name = f"{dashboard}, {kind} {called}"
    return Thing(name, without_defaults(value), title, (part, entry.get(key)))


def _chosen(entry: Json) -> set[str]:
    """The keys of a variable's value, and of the options that Grafana looks up."""
    return {"current", "options"} if entry.get("type") in _FILLED else {"current"}


def _as_chosen(ours: Json, live: Json) -> Json:
    """An entry of ours with what people chose; Grafana's own entry is as people configured it."""
    if ours.get("builtIn"):
        return live or ours
    return {**ours, **{key: live[key] for key in _chosen(ours) if live.get(key)}}


def _theirs(live: Json, git: Json, part: str) -> Iterator[Json]:
    """The entries that only `live` has, including its rows with those of their panels not ours."""
    key, _ = _PARTS[part]
    ours = {each.get(key) for each in _entries(git, part)}
    for each in _list(live, part):
        inner = [panel for panel in each.get("panels") or [] if panel.get(key) not in ours]
        if each.get(key) in ours:
            yield from inner
        elif not each.get("builtIn"):
            yield {**each, "panels": inner} if "panels" in each else each
