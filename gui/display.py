"""Whether a display answers. Asked before Qt is, which aborts the process where none does; needs no Qt itself."""

import ctypes
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_WAYLAND, _X11 = {"wayland", "wayland-egl"}, {"xcb"}


def display_problem() -> str:
    """Why Qt would find no display to open a window on, in one line of English; empty when it finds one.

    Only X11 and Wayland can be missing, on Linux; Qt tries Wayland first where the session has it. Other platforms of Qt's that
    QT_QPA_PLATFORM may name (offscreen, vnc) ask nobody.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    platforms = {name.partition(":")[0] for name in chosen.split(";") if name}
    if not sys.platform.startswith("linux") or not platforms <= _WAYLAND | _X11:
        return ""
    silent = []
    for name, answers in _displays(platforms):
        if answers:
            return ""
        silent.append(name)
    if silent:
        return f"no display answers at {' or '.join(silent)}"
    return "there is no display to open a window on; set DISPLAY"


def _displays(platforms: set[str]) -> Iterator[tuple[str, bool]]:
    """Those that Qt would try, with whether they answer; ``platforms`` is empty where Qt is left to choose."""
    wayland = os.environ.get("WAYLAND_DISPLAY") or ("wayland-0" if os.environ.get("XDG_SESSION_TYPE") == "wayland" else "")
    if platforms & _WAYLAND or (not platforms and wayland):
        name = wayland or "wayland-0"
        yield f"WAYLAND_DISPLAY={name}", "WAYLAND_SOCKET" in os.environ or _wayland_answers(name)
    x11 = os.environ.get("DISPLAY")
    if x11 and (not platforms or platforms & _X11):
        yield f"DISPLAY={x11}", _x11_answers()


def _wayland_answers(name: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name)))
        except (OSError, ValueError):
            return False
    return True


def _x11_answers() -> bool:
    """As libxcb sees it, which Qt goes by: it reads DISPLAY and the authority file, over a socket or the network."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.argtypes, xcb.xcb_connect.restype = [ctypes.c_char_p, ctypes.c_void_p], ctypes.c_void_p
    for function in (xcb.xcb_connection_has_error, xcb.xcb_disconnect):
        function.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)  # never null, and to be disconnected even when it failed
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)
