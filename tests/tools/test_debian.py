"""Packages of another Debian release, with an apt-get and a dpkg that only pretend."""

import platform
from pathlib import Path

import pytest

from tests.conftest import script
from tools import ToolError
from tools.debian import fetch

ADDRESSES = """\
'http://vendor.example/apt/dists/stable/InRelease' vendor.example_dists_stable_InRelease 0
'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_bookworm_InRelease 0
'http://mirror.example/debian/dists/bookworm-updates/InRelease' mirror.example_updates_InRelease 0
'http://mirror.example/debian-security/dists/bookworm-security/InRelease' security_InRelease 0
'http://other.example/node/dists/nodistro/InRelease' other.example_InRelease 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' Packages 0
"""
APT_GET = """\
case "$*" in
    *--print-uris*) cat {folder}/addresses;;
    *update*)
        [ -e sources.list ] || exit 0
        cat sources.list >> {folder}/asked
        grep -q mirror.example sources.list || {{ echo 'E: no such release' >&2; exit 100; }};;
    *--reinstall*)
        echo "$*" > {folder}/planned
        touch cache/archives/promtool_1_amd64.deb cache/archives/libneeded_2_amd64.deb;;
    *"download promtool=2.*") cp apt.conf {folder}/configuration; touch promtool_2_amd64.deb;;
esac
"""
DPKG = 'mkdir -p "$3/usr/bin" && touch "$3/usr/bin/promtool" "$3/$(basename "$2")"'


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian bookworm with such programs; returns the folder where they leave their notes."""
    (tmp_path / "addresses").write_text(ADDRESSES)
    script(tmp_path / "apt-get", APT_GET.format(folder=tmp_path))
    script(tmp_path / "dpkg", DPKG)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr("tools.debian.KEYRINGS", (tmp_path / "no-such.gpg", keyring))
    release = {"ID": "debian", "NAME": "Debian GNU/Linux", "VERSION_CODENAME": "bookworm"}
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    return tmp_path


def test_a_package_comes_from_the_first_mirror_that_has_the_release(host: Path) -> None:
    package = fetch("promtool=2.*", host / "tools/trixie", "trixie")
    assert package == host / "tools/trixie/promtool"
    assert (package / "usr/bin/promtool").exists()
    assert (host / "asked").read_text().splitlines() == [
        f"deb [signed-by={host}/keyring.gpg] http://vendor.example/apt trixie main",
        f"deb [signed-by={host}/keyring.gpg] http://mirror.example/debian trixie main",
    ]
    settings = (host / "configuration").read_text()  # the host's own do not count
    for name in ("Etc::SourceParts", "Etc::Preferences", "Etc::PreferencesParts", "State::Status"):
        assert f'Dir::{name} "/dev/null";' in settings


@pytest.mark.parametrize(
    ("suite", "changed", "told"),
    [
        ("trixie", {"addresses": ADDRESSES.replace("mirror.", "gone.")}, "no such rel"),
        ("trixie", {"addresses": ""}, "name no mirror of this host's own Debian release"),
        ("trixie", {"keyring": "no-such.gpg"}, r"\(package debian-archive-keyring\)"),
        ("trixie", {"system": "ubuntu"}, "this is ubuntu, whose mirrors carry no Debian rel"),
        (None, {"apt-get": "echo 'E: no package' >&2; exit 100"}, r"failed \(E: no package\)$"),
        (None, {"apt-get": "echo not; echo this; exit 3"}, r"failed \(this\)$"),
        (None, {"apt-get": "exit 3"}, r"failed \(it wrote nothing\)$"),
        (None, {"apt-get": "exec sleep 60"}, "^apt-get took over 0.2 s$"),
        (None, {"apt-get": "exit 0"}, "^apt-get download of promtool left no archive of it$"),
    ],
)
def test_what_a_host_lacks_or_fails_at_is_told_and_nothing_is_left(
    host: Path,
    monkeypatch: pytest.MonkeyPatch,
    suite: str | None,
    changed: dict[str, str],
    told: str,
) -> None:
    system = changed.get("system", "debian")
    release = {"ID": system, "NAME": system, "VERSION_CODENAME": "bookworm"}
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    (host / "addresses").write_text(changed.get("addresses", ADDRESSES))
    monkeypatch.setattr("tools.debian.KEYRINGS", (host / changed.get("keyring", "keyring.gpg"),))
    if "apt-get" in changed:
        script(host / "apt-get", changed["apt-get"])
    monkeypatch.setattr("tools.debian.UPDATE_TIMEOUT", 0.2 if "0.2" in told else 60)
    with pytest.raises(ToolError, match=told):
        fetch("promtool", host / "tools", suite)
    assert list((host / "tools").iterdir()) == []


def test_a_package_comes_with_what_it_needs_and_nothing_is_installed(host: Path) -> None:
    package = fetch("promtool", host / "tools", with_needs=True)
    unpacked = sorted(file.name for file in package.iterdir())
    assert unpacked == ["libneeded_2_amd64.deb", "promtool_1_amd64.deb", "usr"]
    planned = (host / "planned").read_text()
    assert "--download-only" in planned
    assert "Debug::NoLocking=1" in planned
    assert fetch("promtool", host / "tools", with_needs=True) == package
