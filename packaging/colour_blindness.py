"""Pictures as people with dichromacy see them.

``python packaging/colour_blindness.py PICTURE.png …`` writes one beside each, for each kind. The matrices are those of Machado, Oliveira
and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), for the
whole absence of one kind of cone; they
are for linear light.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

MATRICES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def simulated(colors: np.ndarray, kind: str) -> np.ndarray:
    """``colors``: sRGB from 0 to 1, the last axis the channels; the same shape comes back."""
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(MATRICES[kind]).T, 0.0, 1.0)
    return np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        colors = np.asarray(Image.open(path).convert("RGB")) / 255.0
        for kind in MATRICES:
            target = path.with_name(f"{path.stem}-{kind}.png")
            Image.fromarray(np.round(255 * simulated(colors, kind)).astype(np.uint8)).save(target)
            sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
