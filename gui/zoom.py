"""How large the type is: everything on screen is measured in it. Steps, so that the same key leads back."""

import math

ZOOMS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


def nearest_zoom(zoom: float) -> float:
    """The step next to ``zoom``; 1.0 for what is no number."""
    return min(ZOOMS, key=lambda step: abs(step - zoom)) if math.isfinite(zoom) else 1.0


def zoomed(zoom: float, steps: int) -> float:
    """``steps`` larger than ``zoom``, or smaller; 1.0 for none."""
    if not steps:
        return 1.0
    place = ZOOMS.index(nearest_zoom(zoom)) + steps
    return ZOOMS[min(max(place, 0), len(ZOOMS) - 1)]
