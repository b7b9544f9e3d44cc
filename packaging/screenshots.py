"""Makes the pictures of the README: ``python packaging/screenshots.py OUT_DIR``. The real window, named scenarios."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_SCALE_FACTOR"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QEventLoop, QSettings, Qt, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from core.catalogue.models import find_model, load_models
from core.fleet import on_card
from gui import assets
from gui.app import Controller, make_application
from gui.session import Preferences
from gui.theme import ThemeChoice

SMALL, LARGE = (1280, 720), (1920, 1080)
LIGHT, DARK = ThemeChoice.LIGHT, ThemeChoice.DARK

#: name -> size, theme, language, model, changes; of a tab its name among them
PICTURES: dict[str, tuple[tuple[int, int], ThemeChoice, str, str, dict[str, Any]]] = {
    "inference-light": (SMALL, LIGHT, "en", "Llama-2-70b-hf", {"weights": "int4", "gpu": "RTX A6000"}),
    "oom-light": (SMALL, LIGHT, "en", "Llama-2-7b-hf", {"gpu": "RTX 4070"}),
    "training-dark-zh": (
        SMALL,
        DARK,
        "zh_CN",
        "Llama-2-7b-hf",
        {"task": "training", "recipe": "pure16", "context_length": 2048, "gpu": "A100 80GB"},
    ),
    "lora-dark": (
        LARGE,
        DARK,
        "en",
        "Llama-2-7b-hf",
        {"task": "training", "method": "lora", "gradient_checkpointing": True, "context_length": 2048, "gpu": "RTX 4090"},
    ),
    "qlora-light-zh": (
        LARGE,
        LIGHT,
        "zh_CN",
        "Llama-2-13b-hf",
        {"task": "training", "method": "qlora", "weights": "int4", "context_length": 2048, "gpu": "RTX 3090"},
    ),
    "gpus-dark": (
        SMALL,
        DARK,
        "en",
        "Llama-2-70b-hf",
        {
            "task": "training",
            "gradient_checkpointing": True,
            "gpu": "H100 (80GB SXM)",
            "data_parallel_size": 4,
            "tensor_parallel_size": 4,
            "pipeline_parallel_size": 4,
            "sequence_parallel": True,
            "num_microbatches": 16,
            "sharding": "megatron",
            "offload_optimizer": "cpu",
            "tab": "fleet",
        },
    ),
    "map-light": (SMALL, LIGHT, "en", "Llama-3.1-8B", {"gpu": "RTX 4090", "batch_size": 4, "tab": "map"}),
    "presentation": (
        SMALL,
        LIGHT,
        "en",
        "Llama-2-7b-hf",
        {"task": "training", "method": "lora", "gradient_checkpointing": True, "context_length": 2048, "gpu": "RTX 4090", "present": True},
    ),
    "explain-dark-zh": (
        SMALL,
        DARK,
        "zh_CN",
        "Llama-2-7b-hf",
        {"task": "training", "method": "lora", "gradient_checkpointing": True, "gpu": "RTX 4090", "tab": "explain"},
    ),
}
#: Past the pause after which the window solves backwards.
_SETTLE_MS = 300


def shoot(app: QApplication, folder: Path, name: str) -> Path:
    """One picture of the window, into ``folder``."""
    size, theme, language, model_name, wanted = PICTURES[name]
    changes = {field: value for field, value in wanted.items() if field not in ("tab", "present")}
    with tempfile.TemporaryDirectory() as scratch:
        preferences = Preferences(QSettings(str(Path(scratch) / "settings.ini"), QSettings.Format.IniFormat))
        preferences.theme, preferences.language = theme, language
        preferences.stage_zoom = 1.25  # the screen without a screen is small
        controller = Controller(app, preferences, None)
        model = find_model(load_models(assets.MODELS), model_name)
        if model is None:
            raise SystemExit(f"the catalogue has no model {model_name}")
        controller.window.resize(*size)
        controller.window.show()
        card = controller.window.gpu_picker.table.gpu_named(changes["gpu"])
        if card is None or not controller.store.dispatch(architecture=model.architecture, **changes):
            raise SystemExit(f"{name} is refused")
        controller.store.replace(on_card(controller.store.scenario, card))
        explorer = controller.window.explorer
        explorer.open_page(wanted.get("tab", "breakdown"))
        if wanted.get("present"):
            controller.pins.replace([controller.store.scenario.evolve(name="LoRA on one card"), controller.store.scenario])
            controller.window.actions_made["present"].trigger()
            controller.window.setWindowState(Qt.WindowState.WindowNoState)
            controller.window.resize(*size)
            controller.window.stage.recall(0)
        loop = QEventLoop()
        QTimer.singleShot(_SETTLE_MS, loop.quit)
        loop.exec()
        if controller.window.after_frame.busy:
            controller.window.after_frame.done.connect(loop.quit)
            loop.exec()
        target = folder / f"{name}.png"
        controller.window.grab().save(str(target), "PNG")
        controller.window.close()
        controller.window.deleteLater()
        for translator in controller.findChildren(QTranslator):  # the next picture may be in another language
            app.removeTranslator(translator)
    return target


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    app = make_application(["fitting-room"])
    for name in PICTURES:
        sys.stdout.write(f"{shoot(app, folder, name)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
