"""What is known: models and GPUs, read from data files whose place the caller names."""

from core.catalogue.calibration import load_calibration
from core.catalogue.file import CatalogueError
from core.catalogue.gpus import find_gpu, load_gpus
from core.catalogue.models import Model, find_model, load_models
from core.catalogue.names import suggest
from core.memory import Gpu

__all__ = ["CatalogueError", "Gpu", "Model", "find_gpu", "find_model", "load_calibration", "load_gpus", "load_models", "suggest"]
