"""The Debian package: what is in it, what it asks for, and what Debian's own critics say."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "build" / "deb"
ID = "org.fittingroom.FittingRoom"


@pytest.fixture(scope="module")
def bundle_deb() -> Path:
    """The newest package."""
    made = sorted((ROOT / "dist").glob("*.deb"), key=lambda path: path.stat().st_mtime)
    if not made:
        pytest.skip("nothing was built: make bundle")
    return made[-1]


def said(*command: str) -> str:
    """What a program prints; skips where there is none."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def field(package: Path, name: str) -> str:
    return said("dpkg-deb", "--field", str(package), name)


def test_bundle_deb_brings_what_a_desktop_looks_for(bundle_deb: Path) -> None:
    lines = said("dpkg-deb", "--contents", str(bundle_deb)).splitlines()
    paths = {line.split(maxsplit=5)[5].partition(" -> ")[0].removeprefix(".") for line in lines}
    for path in (
        "/usr/bin/fitting-room",
        "/usr/lib/fitting-room/fitting-room",
        f"/usr/share/applications/{ID}.desktop",
        f"/usr/share/icons/hicolor/scalable/apps/{ID}.svg",
        f"/usr/share/icons/hicolor/48x48/apps/{ID}.png",
        f"/usr/share/metainfo/{ID}.metainfo.xml",
        f"/usr/share/mime/packages/{ID}.xml",
        "/usr/share/man/man1/fitting-room.1.gz",
        "/usr/share/doc/fitting-room/copyright",
    ):
        assert path in paths
    assert all(line.split()[1] == "root/root" for line in lines)
    assert not [line for line in lines if line.startswith("-") and "w" in line[5:9]], "nobody but root may write"


def test_bundle_deb_asks_for_what_it_leaves_out(bundle_deb: Path) -> None:
    depends = field(bundle_deb, "Depends")
    for package in ("libc6 (>=", "libegl1", "libfontconfig1", "libssl3", "libxcb-cursor0", "libxkbcommon-x11-0"):
        assert package in depends
    assert "python3" not in depends
    assert "qt6" not in depends
    assert "fonts-noto-cjk" in field(bundle_deb, "Recommends")
    assert field(bundle_deb, "Maintainer").strip() == "Fitting Room developers <developers@fittingroom.invalid>"


def test_bundle_deb_desktop_entry(bundle_deb: Path) -> None:
    assert said("desktop-file-validate", str(TREE / "usr/share/applications" / f"{ID}.desktop")) == ""


def test_bundle_deb_metadata(bundle_deb: Path) -> None:
    said("appstreamcli", "validate", "--no-net", str(TREE / "usr/share/metainfo" / f"{ID}.metainfo.xml"))


def test_bundle_deb_lintian(bundle_deb: Path) -> None:
    said("lintian", "--fail-on", "error", "--allow-root", str(bundle_deb))
