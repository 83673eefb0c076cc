from pathlib import Path

import pytest

from contract.file import ConfigError
from exporter_stub.serve import Monitoring, load

ON = "monitoring: {enabled: true, path: /a}"
ON_A = Monitoring(enabled=True, path="/a")


def _file(folder: Path, text: str) -> Path:
    file = folder / "compozy.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("name: shop\n", {}, Monitoring(enabled=False, path="/metrics")),
        ("", {}, Monitoring()),
        ("monitoring:\n", {}, Monitoring()),
        (f"name: shop\n{ON}", {}, ON_A),
        (ON, {"MONITORING_ENABLED": "false"}, Monitoring(enabled=False, path="/a")),
        (ON, {"MONITORING_PATH": "/b"}, Monitoring(enabled=True, path="/b")),
        (ON, {"MONITORING_ENABLED": "", "MONITORING_PATH": " "}, ON_A),
    ],
)
def test_the_file_is_read_and_a_variable_that_is_not_empty_wins_over_it(
    tmp_path: Path, text: str, environment: dict[str, str], expected: Monitoring
) -> None:
    assert load(_file(tmp_path, text), environment) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("monitoring: {enabeld: true}", "monitoring.enabeld: unknown key"),
        ("monitoring: {enabled: maybe}", "monitoring.enabled: must be a boolean"),
        ("monitoring: {enabled: }", "monitoring.enabled: has no value: give it one"),
        *(
            (f"monitoring: {{path: '{path}'}}", "monitoring.path: must be a path such as /metrics")
            for path in ("metrics", "/api", "/api/x", "/healthz", "//x", "/a/../b", "/metrics?a=1")
        ),
        ("monitoring: {path: 5001}", "monitoring.path: must be a text, not 5001"),
        ("monitoring: [on]", "monitoring: must be a mapping"),
        ("monitoring: false", "monitoring: must be a mapping"),
        ("[]", "must be a mapping"),
        ("false", "must be a mapping"),
    ],
)
def test_a_bad_value_in_the_file_names_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = _file(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        load(file, {})
    assert str(raised.value).startswith(f"{file}: {said}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("path", ["/apidocs", "/", "/a.b/c-d_e~f/", "/.metrics"])
def test_a_path_of_any_other_kind_is_fine(path: str) -> None:
    assert load(None, {"MONITORING_PATH": path}).path == path
