"""Set-up takes the browser library from a carried file, checks it, and never leaves a wrong one in place."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp import assets

SCRIPT = b"/* the library */\n" * 100
LOCK = f"""
name = "lib"
version = "1.2.3"
license = "0BSD"
target = "static/vendor/lib-1.2.3.min.js"
sha256 = "{hashlib.sha256(SCRIPT).hexdigest()}"
[wheel]
requirement = "lib-in-a-wheel==1.0"
member = "package/static/lib.min.js"
[tarball]
requirement = "lib@1.2.3"
member = "package/dist/lib.min.js"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "assets.lock").write_text(LOCK)
    return tmp_path


@pytest.fixture
def target(root: Path) -> Path:
    return root / "static/vendor/lib-1.2.3.min.js"


def wheel(folder: Path, data: bytes = SCRIPT, member: str = "package/static/lib.min.js") -> Path:
    path = folder / "lib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, data)
    return path


def tarball(folder: Path, data: bytes = SCRIPT, member: str = "package/dist/lib.min.js") -> Path:
    path = folder / "lib-1.2.3.tgz"
    with tarfile.open(path, "w:gz") as archive:
        about = tarfile.TarInfo(member)
        about.size = len(data)
        archive.addfile(about, io.BytesIO(data))
    return path


def script(folder: Path, data: bytes = SCRIPT) -> Path:
    path = folder / "carried.js"
    path.write_bytes(data)
    return path


def run(root: Path, *arguments: str) -> None:
    assets.main(list(arguments), root)


@pytest.mark.parametrize("pack", [wheel, tarball, script])
def test_it_takes_the_library_from_a_carried_file(pack: Callable[[Path], Path], root: Path, target: Path) -> None:
    run(root, "--from", str(pack(root)))
    assert target.read_bytes() == SCRIPT
    assert [path.name for path in target.parent.iterdir()] == [target.name], "nothing else is left behind"


@pytest.mark.parametrize("pack", [wheel, tarball, script])
def test_it_refuses_another_file_and_keeps_what_was_there(
    pack: Callable[[Path, bytes], Path], root: Path, target: Path
) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(b"an older release")
    with pytest.raises(SystemExit, match="SHA-256"):
        run(root, "--from", str(pack(root, SCRIPT + b"evil()")))
    assert target.read_bytes() == b"an older release"


def test_it_does_nothing_when_the_right_file_is_there(
    root: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(root, "--from", str(wheel(root)))
    before = target.stat().st_mtime_ns
    run(root, "--from", str(root / "no such file"))
    assert target.stat().st_mtime_ns == before
    assert "in place" in capsys.readouterr().out


def test_it_replaces_a_damaged_file(root: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(SCRIPT[:-1])
    run(root, "--from", str(wheel(root)))
    assert target.read_bytes() == SCRIPT


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: wheel(folder, member="other.js"), "does not hold the file"),
        (lambda folder: tarball(folder, member="other.js"), "does not hold the file"),
        (lambda folder: folder / "missing.whl", "cannot be read"),
        (lambda folder: script(folder).rename(folder / "not-a-zip.whl"), "cannot be read"),
        (lambda folder: script(folder).rename(folder / "not-a-tar.tgz"), "cannot be read"),
        (lambda folder: wheel(folder, bytes(assets.MAX_BYTES + 1)), "larger than"),
    ],
    ids=["wheel without it", "tarball without it", "missing", "not a wheel", "not a tarball", "packed bomb"],
)
def test_it_says_what_is_wrong_with_the_carried_file(make: Callable[[Path], Path], sentence: str, root: Path) -> None:
    with pytest.raises(SystemExit, match=sentence):
        run(root, "--from", str(make(root)))


def command_that(tool: Path, does: str) -> None:
    tool.write_text(f"#!/bin/sh\n{does}\n")
    tool.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that stand where python and npm do: these tests use no network."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(folder))
    command_that(folder / "python", "echo no such package >&2; exit 1")
    command_that(folder / "npm", "echo no such package >&2; exit 1")
    return folder


def test_it_asks_pip_for_exactly_the_locked_release(root: Path, target: Path, tools: Path) -> None:
    command_that(tools / "python", f'echo "$@" > {root}/asked; /bin/cp {wheel(root)} .')
    run(root)
    assert target.read_bytes() == SCRIPT
    asked = (root / "asked").read_text()
    assert asked.startswith("-m pip download ")
    assert "--no-deps --only-binary :all:" in asked
    assert asked.rstrip().endswith(" lib-in-a-wheel==1.0")


def test_it_falls_back_to_npm(root: Path, target: Path, tools: Path) -> None:
    command_that(tools / "npm", f'echo "$@" > {root}/asked; /bin/cp {tarball(root)} .')
    run(root)
    assert target.read_bytes() == SCRIPT
    assert (root / "asked").read_text().rstrip().endswith(" lib@1.2.3")


def test_it_falls_back_when_the_wheel_holds_another_file(root: Path, target: Path, tools: Path) -> None:
    command_that(tools / "python", f"/bin/cp {wheel(root, b'another release')} .")
    command_that(tools / "npm", f"/bin/cp {tarball(root)} .")
    run(root)
    assert target.read_bytes() == SCRIPT


def test_without_any_source_it_says_all_it_tried_and_what_to_do(root: Path, target: Path, tools: Path) -> None:
    (tools / "npm").unlink()
    with pytest.raises(SystemExit) as caught:
        run(root)
    message = str(caught.value)
    assert "pip failed: no such package" in message
    assert "npm is not installed" in message
    assert "--from FILE" in message
    assert not target.exists()


def test_the_project_s_own_lock_is_complete() -> None:
    asset = assets.read_lock()
    assert asset.target == assets.ROOT / "static/vendor/htmx-2.0.10.min.js"
    assert asset.sha256 == "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"
    ignored = subprocess.run(["git", "check-ignore", "-q", str(asset.target)], cwd=assets.ROOT, check=False)
    assert ignored.returncode in (0, 128), "the fetched file must not be committed (128: not a git checkout)"
