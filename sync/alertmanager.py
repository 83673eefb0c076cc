"""Compare a running Alertmanager's configuration with the checkout's, and reload it.

All routes and inhibit rules are compared, since an additional one may keep an alert from its
receiver. Receivers and time intervals are compared only if Git names them, and of a receiver only
its name and integrations: its settings are the user's and may be secret, so they are not shown.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from contract.document import Json
from sync.alertmanager_config import Configuration, Receiver, Route, Status
from sync.client import Client
from sync.comparison import Change, Part, Thing, differences, order
from sync.reading import read

ALERTMANAGER = PurePosixPath("cluster/alertmanager/alertmanager.yml")
MASKED = "<secret>"
"""What Alertmanager shows instead of a secret."""


def parts(client: Client, root: Path) -> Iterator[Part]:
    """Compare by the status API, which returns the configuration with its secrets masked.

    Raises LiveError or ConfigError.
    """
    live = client.get("/api/v2/status", Status.model_validate).original
    advice = "receivers-example.yml beside it shows the form"
    git = read(root, ALERTMANAGER, Configuration.model_validate, advice)
    copying = "copy cluster/alertmanager/alertmanager.yml to where its --config.file points"
    advice = "does a proxy hold back POST /-/reload, and is ALERTMANAGER_URL its address?"
    yield Part(list(compare(live, git)), partial(client.reloaded, copying, advice))


def compare(live: Configuration, git: Configuration) -> Iterator[Change]:
    """The differences between `live` and `git`."""
    yield from _globals(live.global_, git.global_)
    yield from _routes(live.route, git.route)
    lives, gits = ([rule.thing() for rule in side.inhibit_rules] for side in (live, git))
    yield from differences(lives, gits)
    named = {thing.name for thing in _intervals(git)}  # all others are the user's
    yield from differences((it for it in _intervals(live) if it.name in named), _intervals(git))
    yield from _receivers(live.receivers, git.receivers)
    missing = [it for it in git.templates if not any(_is_file(x, it) for x in live.templates)]
    if missing:
        yield Change("templates", "are not there", git=missing)


def _globals(live: Json, git: Json) -> Iterator[Change]:
    for key, wanted in sorted(git.items()):
        found = live.get(key)
        same = _is_file(found, wanted) if key.endswith("_file") else found == wanted
        if found != MASKED and not same:
            yield Change("global", f"{key} differs (its value may be secret and is not shown)")


def _is_file(live: object, git: object) -> bool:
    """Whether both are the same path; Alertmanager shows relative ones with its file's folder."""
    return live == git or str(live).endswith(f"/{git}")


def _routes(live: Route, git: Route) -> Iterator[Change]:
    lives, gits = list(_tree(live, "route")), list(_tree(git, "route"))
    things = [[route.thing(name) for name, route in side] for side in (lives, gits)]
    yield from differences(things[0], things[1])
    children = {name: route.children() for name, route in lives}
    for name, route in gits:
        yield from order(name, "routes", children.get(name, []), route.children())


def _tree(route: Route, name: str) -> Iterator[tuple[str, Route]]:
    """A route and all routes below it, each with its name."""
    yield name, route
    for matchers, each in zip(route.children(), route.routes, strict=True):
        yield from _tree(each, f"{name} > {matchers}")


def _intervals(config: Configuration) -> Iterator[Thing]:
    return (each.thing() for each in (*config.time_intervals, *config.mute_time_intervals))


def _receivers(live: Iterable[Receiver], git: Iterable[Receiver]) -> Iterator[Change]:
    lives = {receiver.name: receiver.kinds() for receiver in live}
    for receiver in git:
        thing, wanted = f"receiver {receiver.name}", receiver.kinds()
        if receiver.name not in lives:
            yield Change(thing, "is not there", git=wanted)
            continue
        found = lives[receiver.name]
        if wanted and not found:
            yield Change(thing, "tells nobody: it has no integration", git=wanted)
        elif found != wanted and not receiver.is_placeholder():
            yield Change(thing, "kinds", found, wanted)
