"""What dashboards and alert rules have in common: Grafana's version, folders, reloads, defaults."""

from typing import Any

from pydantic import TypeAdapter

from contract.document import Document
from delivery.grafana_versions import lacking
from sync.client import Client, LiveError, said

KINDS = ("datasources", "dashboards", "alerting")
"""The kinds of provisioning files: data sources come first, because the others refer to them."""

_FOLDERS = "/api/folders"
_TRUE = {"editable", "enable", "showLegend", "mergeValues", "showHeader"}
"""Keys whose default is true."""
_ZERO = {"fiscalYearStartMonth", "graphTooltip", "hide", "sort", "x", "y"}
"""Keys whose default is 0; for other keys, such as a panel's minimum, 0 is a choice."""


class _Folder(Document):
    uid: str
    title: str


def too_old_for(client: Client, *outputs: str) -> list[str]:
    """What this Grafana's version is too old for. Raises LiveError if it does not answer."""
    _, found = client.ask("GET", "/api/health", understood=(200, 401, 403, 404, 503))
    told = found.get("version") if isinstance(found, dict) else None
    return lacking(str(told or ""), *outputs)


def reload(client: Client, kind: str) -> str:
    """Make Grafana reload its files of `kind`, and return its message. Raises LiveError.

    Grafana answers when everything is stored.
    """
    try:
        return said(client.ask("POST", f"/api/admin/provisioning/{kind}/reload", admin=True)[1])
    except LiveError as error:
        advice = (
            "the admin API takes GRAFANA_USER and GRAFANA_PASSWORD of a server administrator, and "
            "a token only in Grafana Enterprise; if a file is wrong, Grafana's log says why"
        )
        raise LiveError(f"{error} ({advice})") from None


def read_again(client: Client, kind: str, things: str, copy: str = "") -> str:
    """Reload files that no API can change, and return what was done. Raises LiveError."""
    return (
        f"{things}: provisioned from a file, which no API changes, so Grafana was told to reload "
        f"its files ({reload(client, kind)}): if it still differs, they are not those of Git{copy}"
    )


def folders(client: Client) -> dict[str, str]:
    """The uids of the folders at the top level, by title: there provisioning creates folders.

    Raises LiveError.
    """
    found = client.get(f"{_FOLDERS}?limit=1000", TypeAdapter(list[_Folder]).validate_python)
    return {folder.title: folder.uid for folder in found}


def folder_found_or_made(client: Client, title: str) -> str:
    """The uid of the folder with that title, which is created if there is none.

    Raises LiveError.
    """
    found = folders(client)
    if title in found:
        return found[title]
    _, made = client.ask("POST", _FOLDERS, json={"title": title})
    return client.read(_FOLDERS, made, _Folder.model_validate).uid


def without_defaults(value: Any) -> Any:
    """Grafana's JSON without the keys that have their default value, at any depth.

    Grafana adds defaults, and its own version, when it saves; they are removed so that they do not
    count as differences. Lists keep their length, since the position of an item may matter.
    """
    if isinstance(value, list):
        return [without_defaults(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_defaults(each) for key, each in value.items()}
    return {key: each for key, each in kept.items() if not _is_default(key, each)}


def _is_default(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return value == (key in _TRUE)
    zero = key in _ZERO and value == 0
    return zero or key == "pluginVersion" or value in ("", [], {}, None)
