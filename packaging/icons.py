"""Makes the icons that systems want from the one drawing in resources/icons: ``python packaging/icons.py OUT_DIR``."""

import io
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parents[1] / "resources" / "icons" / "org.fittingroom.FittingRoom.svg"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def main() -> int:
    """Write a PNG of each size, an .ico and an .icns."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {size: drawn(size) for size in (*SIZES, 1024)}
    for size in SIZES:
        pictures[size].save(folder / f"{size}.png")
    # the largest is given, the others go along: each is drawn at its own size, none is scaled
    pictures[256].save(folder / "fitting-room.ico", append_images=[pictures[size] for size in SIZES if size < 256], bitmap_format="png")
    pictures[1024].save(folder / "fitting-room.icns", append_images=[pictures[size] for size in SIZES if size >= 32])
    return 0


def drawn(size: int) -> Image.Image:
    """The icon, ``size`` pixels wide."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(io.BytesIO(bytes(buffer.data().data())))


if __name__ == "__main__":
    sys.exit(main())
