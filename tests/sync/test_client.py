import pytest
import requests
from flask import Request

from delivery.targets import ALERTS
from sync.__main__ import SERVERS
from sync.client import TIMEOUTS
from tests.conftest import Command, clean_environment
from tests.standin import Reply, serving
from tests.sync.conftest import Run, built
from tools import ROOT
from tools.process import finished

TOKEN = "a-token-that-nobody-may-see"  # noqa: S105  # made up here
USER = {"PROMETHEUS_USER": "aladdin", "PROMETHEUS_PASSWORD": "opensesame"}
AWAY = ("", 302, {"Location": "https://login.example/?next=secret"})
EMPTY = {"status": "success", "data": {"groups": []}}


@pytest.mark.parametrize(
    ("entry", "sent"),
    [
        ({"PROMETHEUS_TOKEN": TOKEN}, f"Bearer {TOKEN}"),
        (USER, "Basic YWxhZGRpbjpvcGVuc2VzYW1l"),
    ],
)
def test_a_secret_is_sent_in_a_header_alone_and_hidden_where_a_server_repeats_it(
    run: Run, entry: dict[str, str], sent: str
) -> None:
    def echo(asked: Request) -> Reply:
        return ({"message": f"not you: {asked.headers['Authorization']} {entry}"}, 403)

    with serving(echo) as server:
        done = run("diff", code=2, PROMETHEUS_URL=server.url, **entry)
    assert {asked.headers["Authorization"] for asked in server.asked} == {sent}
    for secret in (*entry.values(), sent):
        assert all(secret not in asked.url + asked.get_data(as_text=True) for asked in server.asked)
    assert "not you: " in done.err
    assert "is wrong or may not do this: check PROMETHEUS_TOKEN, or PROMETHEUS_USER" in done.err
    assert "(secret)" in done.err
    for secret in (TOKEN, "opensesame", sent.split()[1]):
        assert secret not in done.out + done.err


def test_a_secret_that_begins_with_another_is_hidden_to_its_end(run: Run) -> None:
    secrets = {"PROMETHEUS_TOKEN": TOKEN, "ALERTMANAGER_TOKEN": f"{TOKEN}-longer"}
    reply = {"message": f"not {secrets['ALERTMANAGER_TOKEN']}"}
    with serving(lambda _: (reply, 403)) as server:
        urls = {"PROMETHEUS_URL": server.url, "ALERTMANAGER_URL": server.url}
        assert "(not (secret))" in run("diff", code=2, **urls, **secrets).err


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (({"message": "Unauthorized"}, 401), "without a token or password: set PROMETHEUS_TOKEN"),
        (("page not found", 404), "path prefix"),
        ("<html>hello</html>", "but with no JSON (<html>hello</html>)"),
        ({"version": "12"}, "does not answer as Prometheus does: is PROMETHEUS_URL its address?"),
        ([], "does not answer as Prometheus does"),
        ({"data": {"groups": "a secret"}}, "does not answer as Prometheus does"),
        pytest.param("[" * 100_000, "but with no JSON ([[", id="nested too deep"),
        (({"error": "on fire"}, 500), "with 500: on fire\n"),
        (AWAY, "to https://login.example/, which is not followed: is PROMETHEUS_URL"),
    ],
)
def test_an_answer_that_is_no_use_ends_with_2_and_says_of_whom_and_what_to_do(
    run: Run, reply: Reply, told: str
) -> None:
    with serving(lambda _: reply) as server:
        done = run("diff", code=2, PROMETHEUS_URL=server.url)
    assert done.err.startswith("diff: ")
    assert told in done.err
    assert server.url in done.err
    assert "secret" not in done.err


def test_servers_that_are_not_there_are_told_once_each(run: Run) -> None:
    url = "http://127.0.0.1:1"
    done = run("diff", code=2, **{f"{name.upper()}_URL": url for name in SERVERS})
    for name, line in zip(SERVERS, done.err.splitlines(), strict=True):
        assert line.startswith(f"diff: {name} at {url} cannot be reached: is it running")


@pytest.mark.parametrize(
    ("bundle", "error", "told"),
    [
        ("", requests.exceptions.SSLError, "in REQUESTS_CA_BUNDLE"),
        ("/etc/our-authority.pem", requests.exceptions.SSLError, "in REQUESTS_CA_BUNDLE"),
        ("", requests.exceptions.ReadTimeout, "did not answer in time"),
    ],
)
def test_a_certificate_is_checked_and_an_answer_waited_for_no_longer_than_its_time(
    run: Run, monkeypatch: pytest.MonkeyPatch, bundle: str, error: type[Exception], told: str
) -> None:
    asked = []

    def refuse(*_: object, verify: object, timeout: object, **__: object) -> None:
        asked.append((verify, timeout))
        raise error

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", refuse)
    done = run("diff", code=2, GRAFANA_URL="https://localhost:1", REQUESTS_CA_BUNDLE=bundle)
    assert told in done.err
    assert set(asked) == {(bundle or True, TIMEOUTS)}


def test_the_command_ends_with_its_code(command: Command) -> None:
    with serving(lambda _: EMPTY) as server:
        done = command("sync", "diff", PROMETHEUS_URL=server.url)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("is not there") == len(built(ALERTS)["groups"])


@pytest.mark.parametrize("target", ["diff", "sync", "grafana-reload"])
def test_make_passes_nothing_on_a_command_line(target: str) -> None:
    secret = {"GRAFANA_TOKEN": TOKEN, "GRAFANA_URL": "http://localhost:1"}
    command = ["make", "--no-print-directory", "--dry-run", target]
    done = finished(command, 60, cwd=ROOT, env={**clean_environment(), **secret})
    assert done.stdout.splitlines()[-1] == f"exec .venv/bin/python -m sync {target}"
    assert TOKEN not in done.stdout
