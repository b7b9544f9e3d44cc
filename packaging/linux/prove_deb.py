"""Proves the .deb on a bare Debian: ``python packaging/linux/prove_deb.py FILE.deb``, as root, with debootstrap, Xvfb and xdotool.

A root file system is made in a folder, without Python and without Qt. There the package is installed by apt, started from its desktop
entry, handed a scenario by its file association, used with xdotool, and removed: nothing may stay behind. Pictures of the screen go to
build/proof. What fails is said, and the exit status is 1.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROOF = ROOT / "build" / "proof"
BARE = ROOT / "build" / "bare-debian.tar"
SUITE = os.environ.get("SUITE", "bookworm")
#: Where debootstrap gets it from; its own choice where nothing is said.
MIRROR = [os.environ["MIRROR"]] if "MIRROR" in os.environ else []
ID = "org.fittingroom.FittingRoom"
USER, HOME = "guest", "/home/guest"
#: Spaces, Chinese and a quote: what people call files.
SCENARIO = f"{HOME}/我的 场景 'one'.fitroom.json"
OF_A_DESKTOP = ("libglib2.0-bin", "desktop-file-utils", "shared-mime-info", "ca-certificates")
PATIENCE_S = 60.0


class ProofError(Exception):
    """What did not hold."""


class BareDebian:
    """A root file system in a folder, entered by chroot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, user: str = "root", display: str = "", check: bool = True) -> str:
        done = subprocess.run(self._inside(command, user, display), capture_output=True, text=True)
        if check and done.returncode:
            raise ProofError(f"{' '.join(command)} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def start(self, *command: str, display: str) -> subprocess.Popen[bytes]:
        with (PROOF / "said.txt").open("ab") as said:
            return subprocess.Popen(self._inside(command, USER, display), stdout=said, stderr=said)

    def _inside(self, command: tuple[str, ...], user: str, display: str) -> list[str]:
        environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        environment += [f"HOME={HOME if user == USER else '/root'}", *([f"DISPLAY={display}"] if display else [])]
        return ["chroot", f"--userspec={user}", str(self.folder), *environment, *command]

    def path(self, inside: str) -> Path:
        return self.folder / inside.lstrip("/")

    def packages(self) -> set[str]:
        return set(self.run("dpkg-query", "-W", "-f", "${Package}\\n").split())

    def files(self) -> set[str]:
        """All there are, less what the system keeps of its own accord: logs, caches, lists of packages, and the user's own."""
        own = {"proc", "dev", "sys", "tmp", "home", "var/cache", "var/lib/apt", "var/lib/dpkg", "var/log", "run", "root"}
        found = set()
        for place, folders, names in os.walk(self.folder):
            inside = Path(place).relative_to(self.folder)
            folders[:] = [name for name in folders if (inside / name).as_posix() not in own]
            found |= {(inside / name).as_posix() for name in (*names, *folders)}
        return found


def main() -> int:
    """Run the proof; 0 when all of it holds."""
    if len(sys.argv) != 2 or os.geteuid() != 0:
        print("usage, as root: prove_deb.py FILE.deb", file=sys.stderr)
        return 2
    shutil.rmtree(PROOF, ignore_errors=True)
    PROOF.mkdir(parents=True)
    (PROOF / "said.txt").touch()
    try:
        with bare_debian() as debian, screen() as display:
            prove(debian, Path(sys.argv[1]), display)
    except ProofError as error:
        print(f"\nNOT PROVEN: {error}\n{(PROOF / 'said.txt').read_text()[-2000:]}", file=sys.stderr)
        return 1
    told("proven; the pictures are in build/proof")
    return 0


def prove(debian: BareDebian, package: Path, display: str) -> None:
    for name in ("python3", "qmake6", "Xorg"):
        expect(not debian.run("sh", "-c", f"command -v {name} || true"), f"the system is bare: no {name}")
    debian.run("useradd", "--create-home", USER)
    debian.run("apt-get", "-q", "update")
    # what a desktop has: the opener of files by their association; what apt itself recommends would be kept for its sake
    debian.run("apt-get", "-q", "-y", "install", "--no-install-recommends", *OF_A_DESKTOP)
    packages, files = debian.packages(), debian.files()

    shutil.copy(package, debian.path("/tmp/fitting-room.deb"))
    debian.run("apt-get", "-q", "-y", "install", "/tmp/fitting-room.deb")
    added = debian.packages() - packages
    expect("fonts-noto-cjk" in added, "a font with Chinese came along")
    expect(not any(name.startswith(("python3", "libqt6", "libqt5")) for name in added), "no Python and no Qt of the system came along")
    told(f"installed with {len(added) - 1} packages more")
    version = debian.run("fitting-room", "--version", user=USER).strip()
    expect(version.startswith("fitting-room "), "the command says its version")
    told(version.replace("\n", "; "))
    expect("Peak" in debian.run("fitting-room", "estimate", "--gpu", "RTX 4090", user=USER), "the command answers")

    with running(debian, ("gio", "launch", f"/usr/share/applications/{ID}.desktop"), display) as window:
        picture("started-from-the-menu", display, window)
        xdotool(display, "key", "--window", window, "ctrl+l")
        picture("in-the-other-language", display, window)
        xdotool(display, "key", "--window", window, "ctrl+l")

    scenario = last_scenario(debian)
    scenario["context_length"], scenario["name"] = 12345, "场景"
    debian.path(SCENARIO).write_text(json.dumps(scenario), encoding="utf-8")
    shutil.chown(debian.path(SCENARIO), debian.path(HOME).stat().st_uid)
    kind = debian.run("gio", "info", "-a", "standard::content-type", SCENARIO, user=USER)
    expect("application/vnd.fittingroom.scenario+json" in kind, "a scenario file has its own type")
    with running(debian, ("gio", "open", SCENARIO), display) as window:
        picture("opened-by-its-association", display, window)
    expect(last_scenario(debian)["context_length"] == 12345, "the scenario that was opened is the one shown")

    debian.run("apt-get", "-q", "-y", "purge", "fitting-room")
    debian.run("apt-get", "-q", "-y", "autoremove", "--purge")
    expect(debian.packages() == packages, f"no package stays behind: {sorted(debian.packages() ^ packages)}")
    left = {file for file in debian.files() - files if not file.endswith("__pycache__")}
    expect(not left, f"no file stays behind: {sorted(left)[:20]}")
    expect(debian.path(SCENARIO).exists(), "what the user saved is still there")


@contextlib.contextmanager
def bare_debian() -> Iterator[BareDebian]:
    """Made anew each time, from an archive of what debootstrap made the first time."""
    folder = ROOT / "build" / "bare-debian"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if not BARE.exists():
        told(f"debootstrap {SUITE}, once")
        command = ["debootstrap", "--variant=minbase", SUITE, str(folder), *MIRROR]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-C", str(folder), "-cf", str(BARE), "."], check=True)
    else:
        subprocess.run(["tar", "-C", str(folder), "-xf", str(BARE)], check=True)
    mounts = [("proc", "proc", folder / "proc"), ("devtmpfs", "/dev", folder / "dev")]
    subprocess.run(["mount", "-t", "proc", "proc", str(mounts[0][2])], check=True)
    subprocess.run(["mount", "--bind", "/dev", str(mounts[1][2])], check=True)
    try:
        yield BareDebian(folder)
    finally:
        for _, _, place in mounts:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
        shutil.rmtree(folder)


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """A display of its own; programs in the folder reach it by its abstract socket. Without -noreset it would refuse whoever comes
    while the last onlooker leaves.
    """
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-ac", "-noreset", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as numbers:
            display = f":{numbers.readline().strip()}"
        try:
            yield display
        finally:
            server.terminate()


@contextlib.contextmanager
def running(debian: BareDebian, command: tuple[str, ...], display: str) -> Iterator[str]:
    """The window that ``command`` opens; closed by Ctrl+Q in the end, after which no process may be left."""
    began = time.monotonic()
    started = debian.start(*command, display=display)
    found = wait_for(lambda: xdotool(display, "search", "--onlyvisible", "--class", "FittingRoom").split(), "a window")
    window = found[-1]
    told(f"{' '.join(command[:2])}: a window after {time.monotonic() - began:.1f} s")
    xdotool(display, "windowfocus", "--sync", window)
    wait_for(lambda: colors(display) > 200, "the window painted")
    yield window
    xdotool(display, "windowfocus", "--sync", window)
    xdotool(display, "key", "--window", window, "ctrl+q")
    wait_for(lambda: not windows(display), "its end")
    started.wait(PATIENCE_S)


def windows(display: str) -> list[str]:
    return xdotool(display, "search", "--class", "FittingRoom").split()


def last_scenario(debian: BareDebian) -> dict[str, object]:
    """What the window keeps when it closes."""
    found: dict[str, object] = json.loads(
        debian.path(f"{HOME}/.local/share/FittingRoom/FittingRoom/last.fitroom.json").read_text(encoding="utf-8")
    )
    return found


def colors(display: str) -> int:
    """How many different ones are on the screen: a painted window has hundreds."""
    target = PROOF / "now.png"
    shoot(display, target)
    code = "import sys; from PIL import Image; print(len(Image.open(sys.argv[1]).convert('RGB').getcolors(2**24)))"
    return int(subprocess.run([sys.executable, "-c", code, str(target)], check=True, capture_output=True, text=True).stdout)


def picture(name: str, display: str, window: str) -> None:
    """What is on the screen once two looks in a row are the same."""
    target, before = PROOF / f"{name}.png", b""

    def settled() -> bool:
        nonlocal before
        shoot(display, target)
        now = target.read_bytes()
        same, before = now == before, now
        return same

    wait_for(settled, f"the window come to rest ({window})")
    told(f"picture: {target.relative_to(ROOT)}")


def shoot(display: str, target: Path) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    subprocess.run([sys.executable, str(ROOT / "tests" / "desktop" / "screen.py"), str(target)], check=True, env=environment)


def xdotool(display: str, *words: str) -> str:
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True, env={**os.environ, "DISPLAY": display})
    return done.stdout.strip()


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """Look again and again until there is something."""
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        expect(time.monotonic() < end, f"never saw {what}")
        time.sleep(0.2)
    return found


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise ProofError(what)


def told(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
