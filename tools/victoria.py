"""VictoriaMetrics' programs in one version: the storage, vmalert, and vmalert's test tool."""

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
"""It is named vmalert, because its results are those of vmalert."""
