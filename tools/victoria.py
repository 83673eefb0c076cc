"""VictoriaMetrics' programs, all of one release: the storage, its ruler, and the ruler's tester."""

from tools.pinned import Pinned

VERSION = (1, 145)


def _pinned(name: str) -> Pinned:
    return Pinned(
        name=name.removesuffix("-tool"),
        version=VERSION,
        suite="forky",
        package="victoria-metrics",
        program=name,
        image=f"victoriametrics/{name}:v{'.'.join(map(str, VERSION))}.0",
        program_in_image=f"/{name}-prod",
    )


STORAGE = _pinned("victoria-metrics")
VMALERT = _pinned("vmalert")
TESTER = _pinned("vmalert-tool")
"""Its name is vmalert: what it tells is what vmalert does."""
