from pathlib import Path

import pytest

from contract.file import ConfigError
from exporter_stub.config import Monitoring, load


def _file(folder: Path, text: str) -> Path:
    file = folder / "compozy.yaml"
    file.write_text(text)
    return file


def test_monitoring_is_off_under_slash_metrics_by_default() -> None:
    assert load(None, {}) == Monitoring(enabled=False, path="/metrics")


def test_the_file_switches_it_on_and_moves_it(tmp_path: Path) -> None:
    file = _file(tmp_path, "name: shop\nmonitoring:\n  enabled: true\n  path: /internal/metrics\n")
    assert load(file, {}) == Monitoring(enabled=True, path="/internal/metrics")


def test_a_file_without_the_section_leaves_the_defaults(tmp_path: Path) -> None:
    assert load(_file(tmp_path, "name: shop\n"), {}) == Monitoring()
    assert load(_file(tmp_path, ""), {}) == Monitoring()
    assert load(_file(tmp_path, "monitoring:\n"), {}) == Monitoring()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = _file(tmp_path, "monitoring: {enabled: true, path: /a}\n")
    environment = {"MONITORING_ENABLED": "false", "MONITORING_PATH": "/b"}
    assert load(file, environment) == Monitoring(enabled=False, path="/b")


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    file = _file(tmp_path, "monitoring: {enabled: true}\n")
    assert load(file, {"MONITORING_ENABLED": "", "MONITORING_PATH": " "}).enabled is True


@pytest.mark.parametrize(
    ("section", "key", "said"),
    [
        ("{enabeld: true}", "monitoring.enabeld", "unknown key"),
        ("{enabled: maybe}", "monitoring.enabled", "must be a valid boolean"),
        ("{enabled: }", "monitoring.enabled", "must be a valid boolean"),
        ("{path: metrics}", "monitoring.path", "must start with '/', not 'metrics'"),
        ("{path: ''}", "monitoring.path", "must start with '/', not ''"),
        ("{path: /api/metrics}", "monitoring.path", "must not be under /api/"),
        ("{path: /healthz}", "monitoring.path", "must not be /healthz, which tells"),
        ("{path: /readyz}", "monitoring.path", "must not be /readyz, which tells"),
        ("{path: //x}", "monitoring.path", "must be a path of letters"),
        ("{path: /a/../b}", "monitoring.path", "must be a path of letters"),
        ("{path: '/metrics?a=1'}", "monitoring.path", "must be a path of letters"),
        ("{path: '/my metrics'}", "monitoring.path", "must be a path of letters"),
        ("{path: 5001}", "monitoring.path", "must be a valid string, not 5001"),
    ],
)
def test_a_bad_value_in_the_file_names_file_and_key(
    tmp_path: Path, section: str, key: str, said: str
) -> None:
    file = _file(tmp_path, f"monitoring: {section}\n")
    with pytest.raises(ConfigError) as raised:
        load(file, {})
    assert str(raised.value).startswith(f"{file}: {key}: {said}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("MONITORING_ENABLED", "perhaps", "monitoring.enabled"),
        ("MONITORING_PATH", "metrics", "monitoring.path"),
    ],
)
def test_a_bad_variable_is_named_with_its_key(variable: str, value: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}: {key}: .*{value}"):
        load(None, {variable: value})


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "monitoring: [on]",
        "monitoring: []",
        "monitoring: false",
        "a: [",
        "monitoring: !!x 1",
    ],
)
def test_a_file_of_another_shape_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(_file(tmp_path, text), {})
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load(tmp_path / "nowhere.yaml", {})


@pytest.mark.parametrize("path", ["/apidocs", "/", "/a.b/c-d_e~f/", "/.metrics"])
def test_a_path_of_any_other_kind_is_fine(path: str) -> None:
    assert load(None, {"MONITORING_PATH": path}).path == path


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v0"])
def test_nothing_under_the_api_is_taken(path: str) -> None:
    with pytest.raises(ConfigError, match="/api/"):
        load(None, {"MONITORING_PATH": path})
