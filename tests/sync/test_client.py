import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import yaml

from delivery.targets import ALERTS
from sync import client
from tests.conftest import Command, clean_environment
from tests.sync.conftest import FreePort, Run
from tests.sync.standin import Asked, Reply, serving
from tools import ROOT

TOKEN = "a-token-that-nobody-may-see"  # noqa: S105  # made up here
PASSWORD = "a-password-that-nobody-may-see"  # noqa: S105  # made up here
EMPTY = Reply({"status": "success", "data": {"groups": []}})


def _echo(asked: Asked) -> Reply:
    """A careless server: it repeats what it was sent."""
    return Reply({"message": f"not you: {asked.headers.get('Authorization')}"}, 403)


def test_a_token_reaches_the_server_in_its_header_and_no_output(run: Run) -> None:
    with serving(lambda _: EMPTY) as server:
        done = run("diff", PROMETHEUS_URL=server.url, PROMETHEUS_TOKEN=TOKEN)
    assert done.code == 1
    assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}
    assert all(TOKEN not in asked.path + asked.query + asked.body for asked in server.asked)
    assert TOKEN not in done.out + done.err


@pytest.mark.parametrize(
    "entry",
    [
        {"PROMETHEUS_TOKEN": TOKEN},
        {"PROMETHEUS_USER": "admin", "PROMETHEUS_PASSWORD": PASSWORD},
    ],
)
def test_a_secret_that_a_server_repeats_is_hidden(run: Run, entry: dict[str, str]) -> None:
    with serving(_echo) as server:
        done = run("diff", PROMETHEUS_URL=server.url, **entry)
    assert done.code == 2
    assert "not you: " in done.err
    assert "(secret)" in done.err
    sent = server.asked[0].headers["Authorization"].split()[1]
    for secret in (TOKEN, PASSWORD, sent):
        assert secret not in done.out + done.err


def test_user_and_password_are_sent_as_basic_authentication(run: Run) -> None:
    entry = {"ALERTMANAGER_USER": "aladdin", "ALERTMANAGER_PASSWORD": "opensesame"}
    with serving(lambda _: EMPTY) as server:
        run("diff", ALERTMANAGER_URL=server.url, **entry)
    assert server.asked[0].headers["Authorization"] == "Basic YWxhZGRpbjpvcGVuc2VzYW1l"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(
            Reply({"message": "Unauthorized"}, 401), "set PROMETHEUS_TOKEN", id="no token is given"
        ),
        pytest.param(Reply("page not found", 404), "path prefix", id="no such path"),
        pytest.param(Reply("<html>hello</html>"), "but with no JSON", id="a page"),
        pytest.param(Reply({"version": "12"}), "does not say", id="another server"),
        pytest.param(Reply([]), "does not say", id="JSON of another shape"),
        pytest.param(Reply({"error": "on fire"}, 500), "on fire", id="an error"),
        pytest.param(
            Reply("", 302, {"Location": "https://login.example/?next=secret"}),
            "a redirect to https://login.example/, which is not followed",
            id="a redirect",
        ),
    ],
)
def test_an_answer_that_is_no_use_ends_with_2_and_says_of_whom_and_what_to_do(
    run: Run, reply: Reply, told: str
) -> None:
    with serving(lambda _: reply) as server:
        done = run("diff", PROMETHEUS_URL=server.url)
    assert done.code == 2
    assert done.err.startswith("diff: ")
    assert told in done.err
    assert server.url in done.err
    assert "PROMETHEUS_" in done.err or "on fire" in done.err
    assert "secret" not in done.err


def test_a_token_that_is_refused_is_asked_about(run: Run) -> None:
    with serving(lambda _: Reply({"error": "no"}, 401)) as server:
        done = run("diff", PROMETHEUS_URL=server.url, PROMETHEUS_TOKEN=TOKEN)
    assert done.code == 2
    assert "is what PROMETHEUS_TOKEN" in done.err


def test_a_server_that_is_not_there_is_told(run: Run, free_port: FreePort) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = run("diff", PROMETHEUS_URL=url)
    assert done.code == 2
    assert f"Prometheus at {url} cannot be reached: is it running" in done.err


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_its_time(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUTS", (5, 0.2))
    over = threading.Event()

    def hold(_: Asked) -> Reply:
        over.wait(20)
        return EMPTY

    with serving(hold) as server:
        done = run("diff", PROMETHEUS_URL=server.url)
        over.set()
    assert done.code == 2
    assert "did not answer in time" in done.err


@pytest.mark.parametrize("bundle", ["", "/etc/our-authority.pem"])
def test_a_certificate_is_checked_and_one_that_is_not_trusted_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    checked = []

    def refuse(*_: object, verify: object, **__: object) -> None:
        checked.append(verify)
        raise requests.exceptions.SSLError

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", refuse)
    done = run("diff", GRAFANA_URL="https://localhost:1", REQUESTS_CA_BUNDLE=bundle)
    assert done.code == 2
    assert "in REQUESTS_CA_BUNDLE" in done.err
    assert set(checked) == {bundle or True}


def test_one_server_that_fails_keeps_the_others_from_nothing(run: Run, free_port: FreePort) -> None:
    with serving(lambda _: EMPTY) as server:
        done = run(
            "diff",
            PROMETHEUS_URL=f"http://127.0.0.1:{free_port()}",
            ALERTMANAGER_URL=f"http://127.0.0.1:{free_port()}",
            GRAFANA_URL=server.url,
        )
    assert done.code == 2
    for name in ("Prometheus", "Alertmanager", "Grafana", "alert-rules"):
        assert name in done.err
    assert len(done.err.splitlines()) == 4
    assert [asked.path for asked in server.asked] != []


def test_a_grafana_that_is_not_there_is_told_once(run: Run, free_port: FreePort) -> None:
    done = run("diff", GRAFANA_URL=f"http://127.0.0.1:{free_port()}")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(lambda _: None, "No such file", id="no file"),
        pytest.param(lambda file: file.write_text("a: ["), "is no YAML", id="no YAML"),
        pytest.param(lambda file: file.write_text("a: b"), "has no list `groups`", id="no groups"),
        pytest.param(
            lambda file: file.write_text("groups: [{name: g, interval: 1m, rules: [{alert: A}]}]"),
            "is not as built (KeyError: 'expr')",
            id="a rule without an expression",
        ),
        pytest.param(lambda file: file.write_bytes(b"\xff"), "is no text in UTF-8", id="no text"),
    ],
)
def test_a_file_of_the_checkout_that_is_no_use_is_named(
    run: Run, tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    file = tmp_path / ALERTS
    file.parent.mkdir(parents=True)
    make(file)
    with serving(lambda _: EMPTY) as server:
        done = run("diff", "--root", str(tmp_path), PROMETHEUS_URL=server.url)
    assert done.code == 2
    assert f"diff: {file}: " in done.err
    assert told in done.err


def test_the_command_ends_with_its_code(command: Command) -> None:
    groups = yaml.safe_load((ROOT / ALERTS).read_text())["groups"]
    with serving(lambda _: EMPTY) as server:
        done = command("sync", "diff", PROMETHEUS_URL=server.url)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("is not there") == len(groups)


def test_a_mistake_in_the_command_gets_one_line(command: Command) -> None:
    done = command("sync", "dif")
    assert done.returncode == 2
    assert done.stderr.startswith("python -m sync: argument COMMAND: invalid choice: 'dif'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("target", ["diff", "sync", "grafana-reload"])
def test_make_passes_nothing_on_a_command_line(target: str) -> None:
    secret = {"GRAFANA_TOKEN": TOKEN, "GRAFANA_URL": "http://localhost:1"}
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", target],
        cwd=ROOT,
        env={**clean_environment(), **secret},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-1] == f".venv/bin/python -m sync {target}"
    assert TOKEN not in done.stdout
