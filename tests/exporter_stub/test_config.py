from pathlib import Path

import pytest

from contract.file import ConfigError
from exporter_stub.config import Monitoring, load

ON = "monitoring: {enabled: true, path: /a}"


def _file(folder: Path, text: str) -> Path:
    file = folder / "compozy.yaml"
    file.write_text(text)
    return file


def test_monitoring_is_off_under_slash_metrics_by_default() -> None:
    assert load(None, {}) == Monitoring(enabled=False, path="/metrics")


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("name: shop\n", {}, Monitoring()),
        ("", {}, Monitoring()),
        ("monitoring:\n", {}, Monitoring()),
        (f"name: shop\n{ON}", {}, Monitoring(enabled=True, path="/a")),
        (ON, {"MONITORING_ENABLED": "false"}, Monitoring(enabled=False, path="/a")),
        (ON, {"MONITORING_PATH": "/b"}, Monitoring(enabled=True, path="/b")),
        (
            ON,
            {"MONITORING_ENABLED": "", "MONITORING_PATH": " "},
            Monitoring(enabled=True, path="/a"),
        ),
    ],
)
def test_the_file_is_read_and_a_variable_that_is_not_empty_wins_over_it(
    tmp_path: Path, text: str, environment: dict[str, str], expected: Monitoring
) -> None:
    assert load(_file(tmp_path, text), environment) == expected


@pytest.mark.parametrize(
    ("section", "key", "said"),
    [
        ("{enabeld: true}", "monitoring.enabeld", "unknown key"),
        ("{enabled: maybe}", "monitoring.enabled", "must be a valid boolean"),
        ("{enabled: }", "monitoring.enabled", "must be a valid boolean"),
        ("{path: metrics}", "monitoring.path", "must start with '/', not 'metrics'"),
        ("{path: ''}", "monitoring.path", "must start with '/', not ''"),
        ("{path: /api}", "monitoring.path", "must not be under /api/"),
        ("{path: /api/}", "monitoring.path", "must not be under /api/"),
        ("{path: /api/metrics}", "monitoring.path", "must not be under /api/"),
        ("{path: /healthz}", "monitoring.path", "must not be /healthz, which tells"),
        ("{path: /readyz}", "monitoring.path", "must not be /readyz, which tells"),
        ("{path: //x}", "monitoring.path", "must be a path of letters"),
        ("{path: /a/../b}", "monitoring.path", "must be a path of letters"),
        ("{path: '/metrics?a=1'}", "monitoring.path", "must be a path of letters"),
        ("{path: '/my metrics'}", "monitoring.path", "must be a path of letters"),
        ("{path: 5001}", "monitoring.path", "must be a valid string, not 5001"),
        ("[on]", "monitoring", "must be a mapping"),
        ("[]", "monitoring", "must be a mapping"),
        ("false", "monitoring", "must be a mapping"),
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


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "monitoring: !!x 1"])
def test_a_file_of_another_shape_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"^[^\n]*compozy\.yaml: [^\n]*$"):
        load(_file(tmp_path, text), {})


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


@pytest.mark.parametrize("path", ["/apidocs", "/", "/a.b/c-d_e~f/", "/.metrics"])
def test_a_path_of_any_other_kind_is_fine(path: str) -> None:
    assert load(None, {"MONITORING_PATH": path}).path == path
