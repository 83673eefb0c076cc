"""Grafana's provisioning files, read anew by its admin API."""

from sync.client import Client, LiveError

KINDS = ("datasources", "dashboards", "alerting")
"""What is provisioned from files: data sources first, the others name them."""


def reload(client: Client, kind: str) -> str:
    """Have Grafana read its files of `kind` again; what it says. Raises LiveError.

    It answers when all is stored.
    """
    path = f"/api/admin/provisioning/{kind}/reload"
    answer = client.ask("POST", path, admin=True, understood=(200, 401, 403, 404, 500))
    server = client.server
    if answer.status == 200 and answer.data is not None:
        return answer.said
    if answer.status in {401, 403}:
        raise LiveError(
            f"{server.name} at {server.url} refuses ({answer.status}: {answer.said}): its admin "
            "API wants a server administrator, and takes no token but in Grafana Enterprise: set "
            f"{server.variable('USER')} and {server.variable('PASSWORD')}"
        )
    if answer.status == 500:
        raise LiveError(
            f"{server.name} at {server.url} could not read its files ({answer.said}): its log "
            "tells which"
        )
    raise LiveError(
        f"{server.name} at {server.url} answered POST {path} with {answer.status} "
        f"({answer.said}): is {server.variable('URL')} the address of Grafana 9 or later?"
    )
