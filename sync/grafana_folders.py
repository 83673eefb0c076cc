"""Grafana's folders, known by title in Git and by uid in Grafana."""

from urllib.parse import quote

from sync.client import Client

_FOLDERS = "/api/folders"


def title(client: Client, uid: str) -> str:
    """The title of the folder `uid`; where it may not be read, its uid. Raises LiveError."""
    path = f"{_FOLDERS}/{quote(uid, safe='')}"
    answer = client.ask("GET", path, understood=(200, 403, 404))
    found = answer.data if answer.status == 200 and isinstance(answer.data, dict) else {}
    return str(found.get("title", uid))


def found_or_made(client: Client, wanted: str) -> str:
    """The uid of the folder with the title `wanted`, made where there is none.

    It is looked for at the top, where Grafana's own provisioning puts it. Raises LiveError.
    """
    folders = client.get(_FOLDERS, limit="1000")
    if not isinstance(folders, list):
        raise client.not_its_own(_FOLDERS)
    for folder in folders:
        if folder.get("title") == wanted:
            return str(folder["uid"])
    made = client.ask("POST", _FOLDERS, body={"title": wanted}).data
    if not isinstance(made, dict) or "uid" not in made:
        raise client.not_its_own(_FOLDERS)
    return str(made["uid"])
