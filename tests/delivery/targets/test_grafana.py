"""The dashboard's folder and the data source, as Grafana's provisioning reads them."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import Config, Dashboard
from delivery.targets.grafana import DASHBOARDS, DATASOURCE, PROVIDER, files, literal
from tools import ROOT

COMPOSE = yaml.safe_load((ROOT / "cluster/docker-compose.yml").read_text())
GRAFANA = COMPOSE["services"]["grafana"]
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


def _datasource(config: Config) -> dict[str, Any]:
    (datasource,) = yaml.safe_load(files(config)[DATASOURCE])["datasources"]
    return dict(datasource)


def test_the_provider_reads_the_built_dashboards_where_compose_mounts_them() -> None:
    provider = _provider(Config())
    folder = ROOT / "cluster" / BINDS[provider["options"]["path"]]
    assert folder.resolve() == (ROOT / DASHBOARDS).resolve()
    assert provider["type"] == "file"


@pytest.mark.parametrize("built", [PROVIDER, DATASOURCE], ids=str)
def test_compose_mounts_the_file_where_grafana_looks(built: Path) -> None:
    source = BINDS[f"/etc/grafana/provisioning/{built.parent.name}"]
    assert (ROOT / "cluster" / source).resolve() == (ROOT / built.parent).resolve()


def test_nobody_can_save_in_grafana_what_the_next_build_would_undo() -> None:
    assert _provider(Config())["allowUiUpdates"] is False
    assert _datasource(Config())["editable"] is False


def test_folder_and_uid_are_the_configurations() -> None:
    other = Config(datasource_uid="mine", dashboard=Dashboard(folder="Ours"))
    assert _provider(Config())["folder"] == "Compozy"
    assert _provider(other)["folder"] == "Ours"
    assert _datasource(Config())["uid"] == "compozy-prometheus"
    assert _datasource(other)["uid"] == "mine"


def test_the_dashboards_file_is_named_after_its_uid() -> None:
    path = DASHBOARDS / "mine.json"
    shown = json.loads(files(replace(Config(), dashboard=Dashboard(uid="mine")))[path])
    assert shown["uid"] == "mine"


def test_a_dollar_sign_in_a_folder_is_one_to_grafana() -> None:
    name = "A ${HOME} of $USER, 5 $"
    assert expanded(literal(name), dict(os.environ)) == name
    assert expanded(name, {"HOME": "h", "USER": "u"}) == "A h of u, 5 $"
    folder = _provider(Config(dashboard=Dashboard(folder=name)))["folder"]
    assert expanded(folder, dict(os.environ)) == name
