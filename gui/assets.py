"""Where the data files lie: in a checkout, an installed wheel and a frozen bundle alike."""

from pathlib import Path

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
MODELS = RESOURCES / "models.json"
GPUS = RESOURCES / "gpus.json"
CALIBRATION = RESOURCES / "calibration.json"
TRANSLATIONS = RESOURCES / "i18n"
LESSONS = RESOURCES / "lessons"
GLOSSARY = RESOURCES / "glossary.json"
ICON = RESOURCES / "icons" / "org.fittingroom.FittingRoom.svg"
EVIDENCE = RESOURCES / "evidence"
