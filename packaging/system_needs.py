"""What Fitting Room needs from the system and no Python wheel brings: checks it, and installs it where that is allowed.

``python3 packaging/system_needs.py python|window|test|bundle|proof``, run by the Makefile with the system's own interpreter, so: standard
library only, and syntax that an older Python can still read before it is told that it is too old. On Linux, what is missing is
installed when root runs this on a system with apt-get; otherwise the exact line to run is printed and the exit status is 1.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

MINIMUM_PYTHON = (3, 11)  # as requires-python in pyproject.toml

# Shared libraries that PySide6's wheel links and leaves to the system: the NEEDED entries of QtGui, QtDBus, the xcb platform
# plugin and its GLX integration, less what every Debian has (libc, libstdc++, zlib, zstd). The package names are Debian 12's;
# on Debian 13 and Ubuntu 24.04 libglib2.0-0t64 provides the old name, which apt-get understands.
LIBRARIES = {
    "libEGL.so.1": "libegl1",  # QtGui
    "libGL.so.1": "libgl1",  # QtGui and all above it
    "libX11.so.6": "libx11-6",  # QtGui
    "libfontconfig.so.1": "libfontconfig1",  # QtGui: finds fonts
    "libfreetype.so.6": "libfreetype6",  # QtGui: draws them
    "libglib-2.0.so.0": "libglib2.0-0",  # QtCore's event loop
    "libgthread-2.0.so.0": "libglib2.0-0",  # QtCore
    "libdbus-1.so.3": "libdbus-1-3",  # QtDBus: colour scheme, accessibility, input methods
    "libxkbcommon.so.0": "libxkbcommon0",  # QtGui: keyboard
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",  # xcb plugin, as all below
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}

# Programs the tests call: the desktop tests drive the real window with xdotool on a display of Xvfb's.
PROGRAMS = {
    "Xvfb": "xvfb",
    "xvfb-run": "xvfb",
    "xauth": "xauth",  # called by xvfb-run
    "xdotool": "xdotool",
    "fc-list": "fontconfig",  # how this script asks for a Chinese font
}

# Qt's plugin for Wayland is linked with these: not needed to run on X, but to know what the .deb depends on.
WAYLAND_LIBRARIES = {"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"}

# Programs that make the packages and check them.
BUNDLE_PROGRAMS = {
    "objdump": "binutils",  # PyInstaller asks it what libraries need
    "strip": "binutils",
    "dpkg-shlibdeps": "dpkg-dev",
    "xz": "xz-utils",
    "desktop-file-validate": "desktop-file-utils",
    "appstreamcli": "appstream",
}

# And prove the .deb on a bare system.
PROOF_PROGRAMS = {"debootstrap": "debootstrap", "lintian": "lintian", "Xvfb": "xvfb", "xdotool": "xdotool"}

CHINESE_FONT = "fonts-noto-cjk"


def main() -> int:
    """Check one set of needs; the exit status is 0 only when all of them are met."""
    checks = {"python": check_python, "window": check_window, "test": check_test, "bundle": check_bundle, "proof": check_proof}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        print("usage: system_needs.py " + "|".join(checks), file=sys.stderr)
        return 2
    if sys.argv[1] != "python" and not sys.platform.startswith("linux"):
        return 0  # on Windows and macOS the wheels bring everything
    return checks[sys.argv[1]]()


def check_python() -> int:
    """This interpreter must be new enough and able to create a virtual environment with pip in it."""
    if sys.version_info < MINIMUM_PYTHON:
        wanted, found = (".".join(map(str, version)) for version in (MINIMUM_PYTHON, sys.version_info[:3]))
        complain(f"Python {wanted} or newer is needed; {sys.executable} is {found}.\nName another one: make run PYTHON=python3.12")
        return 1

    def missing() -> list[str]:
        importlib.invalidate_caches()
        ready = all(importlib.util.find_spec(module) for module in ("venv", "ensurepip"))
        return [] if ready else ["python{}.{}-venv".format(*sys.version_info)]

    return provide(missing, "a Python that can create virtual environments")


def check_window() -> int:
    """The window needs its libraries; without a Chinese font it still runs in English, so that one is only advised."""
    status = provide(missing_libraries, "system libraries of Qt")
    if status == 0 and missing_font() and can_install():
        install(missing_font())
    if status == 0 and missing_font():
        complain("No font with Chinese characters was found: the Chinese interface would show boxes.\n" + install_line(missing_font()))
    return status


def check_test() -> int:
    """The tests need the window's libraries, a display to drive it on, and a Chinese font."""
    return provide(lambda: missing_libraries() + missing_programs() + missing_font(), "system packages")


def check_bundle() -> int:
    """A bundle is made of the window's libraries, of Python as a library, and by a few programs."""

    def missing() -> list[str]:
        return missing_libraries() + missing_libraries(WAYLAND_LIBRARIES) + missing_programs(BUNDLE_PROGRAMS) + missing_libpython()

    return provide(missing, "what makes packages")


def check_proof() -> int:
    """The proof wants root, and what makes and shows a bare system."""
    if os.geteuid() != 0:
        complain("The proof makes a root file system and enters it: run it as root.")
        return 1
    return provide(lambda: missing_programs(PROOF_PROGRAMS), "what proves packages")


def missing_libpython() -> list[str]:
    """Debian's interpreter holds its library within; PyInstaller wants it as a file, which is a package of its own."""
    name = sysconfig.get_config_var("INSTSONAME") or ""
    if ".so" not in name or loadable(name) or Path(sysconfig.get_config_var("LIBDIR") or "/", name).exists():
        return []
    return ["libpython{}.{}".format(*sys.version_info)]


def missing_libraries(libraries: dict[str, str] = LIBRARIES) -> list[str]:
    """Packages of the libraries that the dynamic loader, asked itself, does not find."""
    return [package for soname, package in libraries.items() if not loadable(soname)]


def loadable(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_programs(programs: dict[str, str] = PROGRAMS) -> list[str]:
    return [package for program, package in programs.items() if shutil.which(program) is None]


def missing_font() -> list[str]:
    """Empty where any font has Chinese characters, whichever package it came from."""
    if shutil.which("fc-list") is None:
        return ["fontconfig", CHINESE_FONT]
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], stdout=subprocess.PIPE, check=True).stdout
    return [] if listed.strip() else [CHINESE_FONT]


def provide(missing: Callable[[], list[str]], what: str) -> int:
    """Install what ``missing()`` names or print how to; 0 when nothing is missing in the end."""
    packages = missing()
    if packages and can_install():
        print("Installing " + what + ": " + " ".join(unique(packages)), flush=True)
        install(packages)
        packages = missing()
    if not packages:
        return 0
    complain("This machine lacks " + what + ". Install what is missing and try again:\n" + install_line(packages))
    return 1


def can_install() -> bool:
    return sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Failures are apt-get's to print; the caller looks again at what is still missing."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt_get = ["apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*apt_get, "update"], env=environment)
    subprocess.run([*apt_get, "install", "--no-install-recommends", *unique(packages)], env=environment)


def install_line(packages: list[str]) -> str:
    names = " ".join(unique(packages))
    if shutil.which("apt-get"):
        return "    sudo apt-get update && sudo apt-get install -y --no-install-recommends " + names
    return "    (the names are Debian's; your distribution may use others)  " + names


def unique(packages: list[str]) -> list[str]:
    return list(dict.fromkeys(packages))


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
