from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from config import BuildTarget, Config
from config.file import dumped, load
from contract.durations import hours
from contract.file import ConfigError
from rules_tests.index import OTHER


def _file(folder: Path, text: str) -> Path:
    file = folder / "monitoring.yaml"
    file.write_text(text)
    return file


def test_what_is_printed_is_read_back_as_the_same_configuration(tmp_path: Path) -> None:
    for config in (Config(), load(OTHER)):
        assert load(_file(tmp_path, dumped(config))) == config


def test_the_example_of_the_tests_has_another_value_for_everything() -> None:
    contract, other = Config(), load(OTHER)
    for part in (*contract.alerts, "dashboard"):
        ours, theirs = vars(getattr(contract, part)), vars(getattr(other, part))
        assert {key for key in ours if ours[key] == theirs.get(key)} == set(), part
    same = {key for key, value in vars(contract).items() if value == vars(other)[key]}
    assert same == {"evaluation_interval"}


def test_what_no_file_says_is_the_contracts(tmp_path: Path) -> None:
    assert load(None) == load(_file(tmp_path, "# nothing yet\n")) == Config()
    file = _file(tmp_path, "failures: {threshold: 0.05}\ntargets: [prometheus]\n")
    wanted = replace(Config(), failures=replace(Config().failures, threshold=0.05))
    assert load(file) == replace(wanted, targets=(BuildTarget.PROMETHEUS,))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("failures: {treshold: 1}", "failures.treshold: unknown key; known are threshold, window,"),
        ("zero_traffic: {memory: 4h, lookback: 5h}", "zero_traffic.memory: unknown key; known are"),
        ("failure: {}", "failure: unknown key; known are failures, token_spike,"),
        ("[1]", "must be a mapping with keys among failures,"),
        ("failures: 5", "failures: must be a mapping with keys among threshold,"),
        ("failures: {threshold: 9e-5}", "failures.threshold: must be 0.0001 or more, not 9e-05: b"),
        ("failures: {threshold: 1}", "failures.threshold: must be less than 1, not 1"),
        ("failures: {threshold: high}", "failures.threshold: must be a number, not 'high'"),
        ("failures: {threshold: 1%}", "failures.threshold: must be a number, not '1%': write 0.01"),
        ("failures: {threshold: 1.2.3%}", "failures.threshold: must be a number, not '1.2.3%'"),
        (
            "dashboard: {coverage_target_percent: 95%}",
            "dashboard.coverage_target_percent: must be a number, not '95%': write 95",
        ),
        ("failures: {window: 0s}", "failures.window: must be greater than 0s, not '0s'"),
        ("settle: 6m", "settle: must be less than or equal to 5m, not '6m'"),
        ("dashboard: {top_models: 2.5}", "dashboard.top_models: must be a whole number, not 2.5"),
        ("dashboard: {title: 3}", "dashboard.title: must be a text, not 3"),
        ("failures: {window: }", "failures.window: has no value: give it one, or leave"),
        ("failures: {window: 15}", "failures.window: must be a duration such as 15m or 1h30m"),
        ("failures: {window: 4m}", "failures.window: must be whole minutes, 5m or more, not 4m"),
        ("failures: {window: 6m1s}", "failures.window: must be whole minutes, 5m or more, not "),
        ("failures: {for: 16m}", "failures.for: must be 15m or less, as the window is, not 16m"),
        ("token_spike: {for: 90s}", "token_spike.for: must be whole minutes, not 1m"),
        ("failures: {severity: Page me}", "failures.severity: must be a word in small letters"),
        ("token_spike: {factor: 1.49}", "token_spike.factor: must be 1.5 or more, not 1.49: an"),
        ("failures: {threshold: .nan}", "failures.threshold: must be less than 1, not nan"),
        ("token_spike: {window: 7m}", "token_spike.baseline: must be twice the window (7m)"),
        ("token_spike: {baseline: 15m}", "token_spike.baseline: must be twice the window (15m)"),
        ("token_spike: {min_history: 60m, for: 6m}", "token_spike.min_history: must be whole mi"),
        ("failures: {window: 745h}", "failures.window: must be less than or equal to 744h, not"),
        ("token_spike: {min_history: 25h}", "token_spike.min_history: must be the baseline"),
        ("zero_traffic: {lookback: 39m}", "zero_traffic.lookback: must be whole minutes, 40m or"),
        ("labels: cluster", "labels: must be a list, not 'cluster': write [cluster]"),
        (f"labels: {[f'l{n}' for n in range(11)]}", "labels: must have at most 10 entries"),
        ("labels: [a, b-c]", "labels: must be the name of a label, in letters, digits and _"),
        ("labels: [model]", "labels: 'model' has a meaning of its own in the rules"),
        ("labels: [cluster, cluster]", "labels: 'cluster' stands there more than once"),
        ("jobs: ['.*']", "jobs: must be the name of a job, in letters, digits and any of _:./-"),
        ("datasource_uid: 'a b'", "datasource_uid: must be at most 40 letters, digits, - and"),
        ("runbook_base: runbooks/", "runbook_base: must be an address with http(s)://"),
        ("dashboard: {refresh: often}", "dashboard.refresh: must be a duration such as 30s or 1m"),
        ("dashboard: {rate_window: 1m}", "dashboard.rate_window: must be whole minutes, 5m or"),
        ("dashboard: {folder: a/b}", "dashboard.folder: must be the name of one folder"),
        ("targets: [thanos]", "targets: must be 'prometheus', 'grafana', "),
        ("targets: []", "targets: must name one of prometheus, grafana, "),
        ("evaluation_interval: 5m", "evaluation_interval: is no key of a file: the rules"),
        ("a: [", "is not YAML"),
        ("a: 2024-13-45", "is not YAML (month must be in 1..12"),
        (f"a: {'9' * 5000}", "is not YAML (Exceeds the limit"),
        (f"a: {'[' * 1000}{']' * 1000}", "is not YAML that can be read (nested too deep)"),
        ("failures: {for: 2m}\nfailures: {window: 30m}", "is not YAML (the key failures"),
        ("failures: {window: 99999999999y}", "failures.window: must be a duration that Prometheus"),
        ("token_spike: {factor: .inf}", "token_spike.factor: must be less than or equal to 100"),
        ("dashboard: {latency_target_ms: .nan}", "dashboard.latency_target_ms: must be "),
        ("labels: [NaN]", "labels: 'NaN' has a meaning of its own in the rules"),
        ("grafana_base: 'https://x.org/{{'", "grafana_base: must be an address with http(s)://"),
        ("targets: [victoriametrics]", "targets: victoriametrics is a component of the base of"),
        ("jobs: [ns/compozy]", "targets: kubernetes and victoriametrics look for services by"),
        ("dashboard: {refresh: 0s}", "dashboard.refresh: must be a duration such as 30s or 1m"),
    ],
)
def test_what_cannot_be_is_refused_with_its_key_and_what_it_may_be(
    tmp_path: Path, text: str, said: str
) -> None:
    file = _file(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert str(raised.value).startswith(f"{file}: {said}")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            "failures: {threshold: 0}\nlabels: [model, 3]\ndashboard: {rate_window: 1m}\n",
            ["labels", "labels", "failures.threshold"],
        ),
        (
            "zero_traffic: {window: 4m, for: 5m}\njobs: [a/b]\ndashboard: {rate_window: 1m}\n",
            ["zero_traffic.window", "zero_traffic.for", "dashboard.rate_window", "targets"],
        ),
    ],
    ids=["by itself", "together"],
)
def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, text: str, keys: list[str]) -> None:
    file = _file(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        load(file)
    told = [line.removeprefix(f"{file}: ").split(":")[0] for line in str(raised.value).splitlines()]
    assert told == keys


@pytest.mark.parametrize(
    "text",
    [
        "failures: {threshold: 0.0001}",
        "failures: {window: 5m, for: 5m}",
        "failures: {window: 744h}",
        "token_spike: {min_history: 61m, for: 6m}",
        "token_spike: {min_history: 24h}",
        "token_spike: {factor: 1.5}",
        "zero_traffic: {lookback: 40m}",
        "zero_traffic: {for: 30m, lookback: 70m}",
        "jobs: [compozy.eu]",
        "jobs: [ns/compozy]\ntargets: [prometheus]",
    ],
)
def test_what_just_makes_sense_is_taken(tmp_path: Path, text: str) -> None:
    assert load(_file(tmp_path, text)) != Config()


def test_what_aliases_make_of_a_small_file_is_not_spelled_out(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in pairwise("abcdefghijkl")
    ]
    file = _file(tmp_path, "\n".join([*lines, "failures: *l"]))
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert len(str(raised.value)) < 10_000


def test_a_key_is_accepted_under_its_old_name_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = _file(tmp_path, "token_spike: {least_history: 2h}\nzero_traffic: {memory: 4h}\n")
    config = load(file)
    assert (config.token_spike.min_history, config.zero_traffic.lookback) == (hours(2), hours(4))
    assert [record.getMessage() for record in caplog.records] == [
        f"{file}: token_spike.least_history: is now called min_history",
        f"{file}: zero_traffic.memory: is now called lookback",
    ]
