"""Makes of the application in dist/fitting-room what people install: ``python packaging/linux/package.py deb|tarball``.

The .deb leaves to Debian what Debian has: its dependencies are what dpkg-shlibdeps finds the libraries linked with. The tarball is unpacked
anywhere and brings what distributions often lack.
"""

import fnmatch
import gzip
import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
DIST, BUILD = ROOT / "dist", ROOT / "build"
APPLICATION = DIST / "fitting-room"
ID = "org.fittingroom.FittingRoom"
MAINTAINER = "Fitting Room developers <developers@fittingroom.invalid>"

sys.path.insert(0, str(ROOT))
from core import __version__  # noqa: E402 -- of this checkout

#: In the bundle, and left out of the .deb: it depends on the packages that have them.
OF_DEBIAN = ("libcrypto.so.*", "libffi.so.*", "libssl.so.*", "libxcb-*.so.*", "libxkbcommon-*.so.*")
#: Nothing is linked with these: fonts for Chinese, certificates for models read by their id, what makes the file association known.
RECOMMENDS = "ca-certificates, desktop-file-utils, fonts-noto-cjk, hicolor-icon-theme, shared-mime-info"

DESCRIPTION = """\
GPU memory of language models, before you run them
 Will this model fit on that GPU? Move a slider (parameters, precision, batch
 size, context length) and see at once where the memory goes, when it peaks,
 which cards fit and which run out. Training is estimated as well as
 inference: full fine-tuning, LoRA and QLoRA.
 .
 The window speaks English and Simplified Chinese. The same answers are given
 in a terminal by "fitting-room estimate"."""


def main() -> int:
    """Make one of the two; prints its path and size."""
    kinds = {"deb": make_deb, "tarball": make_tarball}
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        print("usage: package.py deb|tarball", file=sys.stderr)
        return 2
    if not (APPLICATION / "fitting-room").is_file():
        print("dist/fitting-room was not built: python packaging/bundle/build.py", file=sys.stderr)
        return 1
    made = kinds[sys.argv[1]]()
    print(f"{made}: {made.stat().st_size / 1e6:.1f} MB")
    return 0


def make_tarball() -> Path:
    """One folder, to be unpacked anywhere."""
    name = f"fitting-room-{__version__}-linux-{platform.machine()}"
    target = DIST / f"{name}.tar.xz"
    tar = [
        "tar",
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        f"--mtime=@{epoch()}",
        f"--transform=s,^fitting-room,{name},S",
    ]
    environment = {**os.environ, "XZ_OPT": "-7 -T0"}
    subprocess.run([*tar, "-C", str(DIST), "-cJf", str(target), "fitting-room"], check=True, env=environment)
    return target


def make_deb() -> Path:
    """A package for Debian 12 and its kin."""
    tree = BUILD / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    lay_out(tree)
    architecture = output("dpkg", "--print-architecture")
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(control(architecture, depends(tree), tree), encoding="utf-8")
    sums = [
        f"{output('md5sum', str(path)).split()[0]}  {path.relative_to(tree)}"
        for path in files(tree)
        if path.parts[len(tree.parts)] != "DEBIAN"
    ]
    (tree / "DEBIAN" / "md5sums").write_text("\n".join(sums) + "\n", encoding="utf-8")
    target = DIST / f"fitting-room_{__version__}_{architecture}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(tree), str(target)], check=True, env=environment)
    return target


def lay_out(tree: Path) -> None:
    """Every file where it is to be installed, with the rights it is to have."""
    place = tree / "usr" / "lib" / "fitting-room"
    shutil.copytree(APPLICATION, place, symlinks=True)
    for path in (place / "_internal").iterdir():
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in OF_DEBIAN):
            path.unlink()
    system = place / "_internal" / "licenses" / "system"
    if system.exists():
        shutil.rmtree(system)
    (tree / "usr" / "bin").mkdir(parents=True)
    (tree / "usr" / "bin" / "fitting-room").symlink_to("../lib/fitting-room/fitting-room")

    share = tree / "usr" / "share"
    install(HERE / f"{ID}.desktop", share / "applications" / f"{ID}.desktop")
    install(HERE / f"{ID}.mime.xml", share / "mime" / "packages" / f"{ID}.xml")
    metainfo = (HERE / f"{ID}.metainfo.xml.in").read_text(encoding="utf-8")
    metainfo = metainfo.replace("@VERSION@", __version__).replace("@DATE@", f"{datetime.fromtimestamp(epoch(), UTC):%Y-%m-%d}")
    write(share / "metainfo" / f"{ID}.metainfo.xml", metainfo)
    install(ROOT / "resources" / "icons" / f"{ID}.svg", share / "icons" / "hicolor" / "scalable" / "apps" / f"{ID}.svg")
    for picture in (BUILD / "icons").glob("*.png"):
        install(picture, share / "icons" / "hicolor" / f"{picture.stem}x{picture.stem}" / "apps" / f"{ID}.png")
    documents = share / "doc" / "fitting-room"
    install(HERE / "copyright", documents / "copyright")
    write_compressed(documents / "changelog.gz", changelog())
    write_compressed(share / "man" / "man1" / "fitting-room.1.gz", (HERE / "fitting-room.1").read_text(encoding="utf-8"))
    install(HERE / "lintian-overrides", share / "lintian" / "overrides" / "fitting-room")
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            program = path.is_dir() or path == place / "fitting-room"
            path.chmod(0o755 if program else 0o644)


def depends(tree: Path) -> str:
    """What dpkg-shlibdeps says that the libraries and the program need, with versions."""
    place = tree / "usr" / "lib" / "fitting-room"
    binaries = [path for path in files(place) if path.name == "fitting-room" or ".so" in path.name]
    own = sorted({str(path.parent) for path in binaries})
    (BUILD / "debian").mkdir(exist_ok=True)
    (BUILD / "debian" / "control").write_text("Source: fitting-room\n\nPackage: fitting-room\nArchitecture: any\n", encoding="utf-8")
    options = ["-O", "--warnings=0", *(f"-l{folder}" for folder in own)]
    command = ["dpkg-shlibdeps", *options, *(f"-e{path}" for path in binaries)]
    said = subprocess.run(command, cwd=BUILD, check=True, capture_output=True, text=True).stdout
    return said.strip().partition("shlibs:Depends=")[2]


def control(architecture: str, dependencies: str, tree: Path) -> str:
    size = sum(path.lstat().st_size for path in tree.rglob("*")) // 1024
    fields = {
        "Package": "fitting-room",
        "Version": __version__,
        "Architecture": architecture,
        "Maintainer": MAINTAINER,
        "Installed-Size": str(size),
        "Depends": dependencies,
        "Recommends": RECOMMENDS,
        "Section": "science",
        "Priority": "optional",
        "Description": DESCRIPTION,
    }
    return "".join(f"{field}: {value}\n" for field, value in fields.items())


def changelog() -> str:
    """In Debian's form; what changed is told in CHANGELOG.md."""
    date = format_datetime(datetime.fromtimestamp(epoch(), UTC))
    head = f"fitting-room ({__version__}) unstable; urgency=medium"
    return f"{head}\n\n  * Release {__version__}; see CHANGELOG.md.\n\n -- {MAINTAINER}  {date}\n"


def epoch() -> int:
    """Seconds of the last commit, so that the same source makes the same package."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    try:
        return int(output("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))
    except (OSError, subprocess.CalledProcessError, ValueError):
        return int(datetime.now(UTC).timestamp())


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def install(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def write_compressed(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
