"""A model by its id on the Hugging Face Hub or on ModelScope: its configuration and what its tensors take, without the weights.

The Hub's own library does the asking, so HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE mean what they mean everywhere; what was read
once is read from its cache. ModelScope is asked by its HTTP interface.
"""

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from core.catalogue.checkpoint import CONFIG_NAME, ONE_FILE_NAME, config_beside, read_checkpoint, with_tensors
from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.hf_config import ImportedModel, read_config
from core.catalogue.safetensors_file import INDEX_NAME, MAX_HEADER_BYTES
from core.catalogue.tensor_file import Tensor, summed
from core.small_file import MAX_FILE_BYTES

_SECONDS = 15
_PART = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}"
_ID = re.compile(rf"{_PART}/{_PART}")
_WRITTEN = re.compile(
    rf"(?:(?P<prefix>hf|huggingface|modelscope):(?://)?"
    rf"|https?://(?P<host>huggingface\.co|hf-mirror\.com|hf\.co|(?:www\.)?modelscope\.(?:cn|com|ai)/models)/)?(?P<id>{_PART}/{_PART})(?:[/?#].*)?"
)


class Hub(StrEnum):
    """Where models are."""

    HUGGING_FACE = "Hugging Face"
    MODELSCOPE = "ModelScope"


class Reference(NamedTuple):
    """A model there."""

    hub: Hub
    model_id: str

    @property
    def short_name(self) -> str:
        """Without the organisation."""
        return self.model_id.rpartition("/")[2]


class HubProblem(StrEnum):
    """Why there is no model."""

    OFFLINE = "offline"
    """The user asked for no network, and it was never read before."""
    UNREACHABLE = "unreachable"
    GATED = "gated"
    NOT_FOUND = "not_found"
    NO_CONFIG = "no_config"
    """There is such a model, without the file that describes it."""


class HubError(Exception):
    """A model that could not be read; ``detail`` is what the library or the server says."""

    def __init__(self, problem: HubProblem, reference: Reference, detail: str = "") -> None:
        self.problem = problem
        self.reference = reference
        self.detail = "".join(character for character in detail if character.isprintable())[:200]
        super().__init__(_ENGLISH[problem].format(id=reference.model_id, hub=reference.hub.value, detail=self.detail))


_ENGLISH = {
    HubProblem.OFFLINE: "{id} was never read before, and HF_HUB_OFFLINE forbids to ask {hub}",
    HubProblem.UNREACHABLE: "{hub} cannot be reached: {detail}; check the network, or set HF_ENDPOINT to a mirror",
    HubProblem.GATED: "{id} is gated: accept its terms on {hub}, then log in with `hf auth login` or set HF_TOKEN",
    HubProblem.NOT_FOUND: "{hub} has no model {id}, or it is private: check the spelling, or set HF_TOKEN",
    HubProblem.NO_CONFIG: "{id} has no config.json; its tensors alone do not say how it is built",
}


def parse_reference(text: str) -> Reference | None:
    """The model that ``text`` names: an id, ``hf:`` or ``modelscope:`` and an id, or the address of its page; None when it is neither."""
    text = text.strip()
    found = _WRITTEN.fullmatch(text) if len(text) <= 300 else None
    if found is None or (not found["prefix"] and not found["host"] and not _ID.fullmatch(text)):
        return None
    elsewhere = "modelscope" in (found["prefix"] or found["host"] or "")
    return Reference(Hub.MODELSCOPE if elsewhere else Hub.HUGGING_FACE, found["id"])


def fetch(reference: Reference) -> ImportedModel:
    """The model, as its files describe it. Takes seconds. Raises HubError, ConfigError."""
    return _from_hugging_face(reference) if reference.hub is Hub.HUGGING_FACE else _from_modelscope(reference)


def _from_hugging_face(reference: Reference) -> ImportedModel:
    # A second of imports, for those alone who ask the Hub; it is not to count who does, nor to draw on the terminal.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import httpx2
    from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from huggingface_hub import errors as hub_errors

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)

    def download(name: str, limit: int) -> Path:
        if isinstance(try_to_load_from_cache(reference.model_id, name), str):
            size = api.hf_hub_download(reference.model_id, name, dry_run=True).file_size
        else:  # asked once: a download without a network is tried for half a minute
            address = hf_hub_url(reference.model_id, name, endpoint=api.endpoint)
            try:
                size = get_hf_file_metadata(address, timeout=_SECONDS, endpoint=api.endpoint).size
            except (hub_errors.OfflineModeIsEnabled, httpx2.TransportError) as error:
                raise hub_errors.LocalEntryNotFoundError(name) from error
        if size is not None and size > limit:
            raise ConfigError(ConfigProblem.BAD_FILE, f"{name} is larger than {limit >> 20} MiB")
        return Path(api.hf_hub_download(reference.model_id, name))

    try:
        config = download(CONFIG_NAME, MAX_FILE_BYTES)
        try:
            return read_checkpoint(download(INDEX_NAME, MAX_HEADER_BYTES), reference.short_name)
        except hub_errors.EntryNotFoundError as error:
            model = read_config(config_beside(config), reference.short_name)
            if isinstance(error, hub_errors.LocalEntryNotFoundError):
                return model  # offline, and the index was never read
        try:
            header = api.parse_safetensors_file_metadata(reference.model_id, ONE_FILE_NAME)
        except (hub_errors.EntryNotFoundError, hub_errors.SafetensorsParsingError):
            return model
        tensors = (
            Tensor(name, str(info.dtype), info.parameter_count, max(0, info.data_offsets[1] - info.data_offsets[0]))
            for name, info in header.tensors.items()
        )
        return with_tensors(model, summed(tensors, model.architecture.num_hidden_layers))
    except hub_errors.OfflineModeIsEnabled as error:
        raise HubError(HubProblem.OFFLINE, reference) from error
    except hub_errors.LocalEntryNotFoundError as error:
        offline = HubProblem.OFFLINE if _is_offline() else HubProblem.UNREACHABLE
        raise HubError(offline, reference, str(error.__cause__ or "")) from error
    except hub_errors.GatedRepoError as error:
        raise HubError(HubProblem.GATED, reference) from error
    except (hub_errors.RepositoryNotFoundError, hub_errors.HFValidationError) as error:
        raise HubError(HubProblem.NOT_FOUND, reference) from error
    except hub_errors.EntryNotFoundError as error:
        raise HubError(HubProblem.NO_CONFIG, reference) from error
    except (OSError, httpx2.HTTPError, hub_errors.HfHubHTTPError) as error:
        raise HubError(HubProblem.UNREACHABLE, reference, str(error)) from error


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def _from_modelscope(reference: Reference) -> ImportedModel:
    if _is_offline():
        raise HubError(HubProblem.OFFLINE, reference)
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = _download(reference, CONFIG_NAME, MAX_FILE_BYTES)
        if config is None:
            raise HubError(HubProblem.NOT_FOUND, reference)
        (folder / CONFIG_NAME).write_bytes(config)
        index = _download(reference, INDEX_NAME, MAX_HEADER_BYTES)
        if index is None:
            return read_config(config_beside(folder / CONFIG_NAME), reference.short_name)
        (folder / INDEX_NAME).write_bytes(index)
        return read_checkpoint(folder / INDEX_NAME, reference.short_name)


def _download(reference: Reference, name: str, limit: int) -> bytes | None:
    """A file of the model; None where there is none."""
    import urllib.error
    import urllib.request

    endpoint = os.environ.get("MODELSCOPE_ENDPOINT") or "https://www.modelscope.cn"
    if not endpoint.startswith(("https://", "http://")):
        raise HubError(HubProblem.UNREACHABLE, reference, endpoint)
    address = f"{endpoint.rstrip('/')}/api/v1/models/{reference.model_id}/repo?Revision=master&FilePath={name}"
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            data: bytes = answer.read(limit + 1)
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise HubError(HubProblem.GATED, reference) from error
        if error.code == 404:
            return None
        raise HubError(HubProblem.UNREACHABLE, reference, str(error)) from error
    except (OSError, ValueError) as error:
        raise HubError(HubProblem.UNREACHABLE, reference, str(error)) from error
    if len(data) > limit:
        raise ConfigError(ConfigProblem.BAD_FILE, f"{name} is larger than {limit >> 20} MiB")
    return data
