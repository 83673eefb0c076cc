"""The dashboard's folder and the data source, as Grafana's provisioning reads them."""

import os
import re
from typing import Any

import yaml

from config import Config, Dashboard
from delivery.targets.grafana import DASHBOARDS, DATASOURCE, PROVIDER, files, literal
from tools import ROOT

GRAFANA = yaml.safe_load((ROOT / "cluster/docker-compose.yml").read_text())["services"]["grafana"]
BINDS = {mount["target"]: mount["source"] for mount in GRAFANA["volumes"] if "type" in mount}


def expanded(text: str, environment: dict[str, str]) -> str:
    """`text` as Grafana's loader takes it: `$NAME` is a variable, `$$` a dollar sign."""
    variable = re.compile(r"\$\{?(\w+)\}?")
    return "$".join(
        variable.sub(lambda found: environment.get(found[1], ""), part) for part in text.split("$$")
    )


def _provider(config: Config) -> dict[str, Any]:
    (provider,) = yaml.safe_load(files(config)[PROVIDER])["providers"]
    return dict(provider)


def test_compose_mounts_the_files_where_grafana_looks() -> None:
    looked = {
        _provider(Config())["options"]["path"]: DASHBOARDS,
        "/etc/grafana/provisioning/dashboards": PROVIDER.parent,
        "/etc/grafana/provisioning/datasources": DATASOURCE.parent,
    }
    for target, built in looked.items():
        assert (ROOT / "cluster" / BINDS[target]).resolve() == (ROOT / built).resolve()


def test_a_dollar_sign_in_a_folder_is_one_to_grafana() -> None:
    name = "A ${HOME} of $USER, 5 $"
    assert expanded(literal(name), dict(os.environ)) == name
    assert expanded(name, {"HOME": "h", "USER": "u"}) == "A h of u, 5 $"
    folder = _provider(Config(dashboard=Dashboard(folder=name)))["folder"]
    assert expanded(folder, dict(os.environ)) == name
