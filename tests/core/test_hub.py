"""Models by id, from a server on this machine that speaks as the Hub and as ModelScope do."""

import gc
import http.server
import json
import threading
import time
import urllib.parse
import warnings
from collections.abc import Iterator
from types import SimpleNamespace

import header_files as files
import pytest

from core.catalogue.config_keys import ConfigError
from core.catalogue.hf_config import Note
from core.cli import main
from core.hub import Hub, HubError, HubProblem, Reference, fetch, parse_reference
from core.memory import Format

# A connection that failed leaves a socket behind, which is collected at any later time.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
INDEX = {"metadata": {"total_size": 123_456}, "weight_map": dict.fromkeys(files.SHAPES, "model-00001-of-00002.safetensors")}
MODELS = {
    "org/one": {"config.json": json.dumps(files.LLAMA).encode(), "model.safetensors": files.safetensors(files.SHAPES)},
    "org/sharded": {"config.json": json.dumps(files.LLAMA).encode(), "model.safetensors.index.json": json.dumps(INDEX).encode()},
    "org/bare": {"config.json": json.dumps(files.LLAMA).encode()},
    "org/no-config": {"README.md": b"#"},
    "org/huge": {"config.json": b" " * (2**20 + 1)},
    "org/broken": {"config.json": b"{"},
}


class Server(http.server.BaseHTTPRequestHandler):
    """The two interfaces, as far as they are asked."""

    asked: list[str]

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        path = urllib.parse.urlsplit(self.path)
        parts = path.path.strip("/").split("/")
        if parts[:3] == ["api", "v1", "models"]:
            model, name = "/".join(parts[3:5]), urllib.parse.parse_qs(path.query)["FilePath"][0]
        else:
            model, name = "/".join(parts[:2]), "/".join(parts[4:])
        if model == "org/gated":
            return self._answer(403, b"", {"X-Error-Code": "GatedRepo"})
        if model == "org/down":
            return self._answer(500, b"")
        if model not in MODELS:
            return self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
        data = MODELS[model].get(name)
        if data is None:
            return self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{abs(hash((model, name))):040x}"'}
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            return self._answer(206, data[int(start) : int(end) + 1 if end else None], headers)
        return self._answer(200, data, headers)

    def _answer(self, code: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@pytest.fixture(autouse=True)
def _sockets_go_with_their_test() -> Iterator[None]:
    """What the Hub's library leaves of connections that failed is not some later test's to answer for."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def server(monkeypatch, tmp_path) -> Iterator[type[Server]]:
    Server.asked = []
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{httpd.server_port}"
    import huggingface_hub.constants as constants
    from huggingface_hub.utils._http import close_session

    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, address)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    no_waiting = SimpleNamespace(sleep=lambda seconds: None, time=time.time)
    monkeypatch.setattr("huggingface_hub.utils._http.time", no_waiting)  # between attempts
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield Server
    close_session()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def hf(model_id: str) -> Reference:
    return Reference(Hub.HUGGING_FACE, model_id)


def modelscope(model_id: str) -> Reference:
    return Reference(Hub.MODELSCOPE, model_id)


def problem(reference: Reference) -> HubError:
    with pytest.raises(HubError) as error:
        fetch(reference)
    assert reference.model_id in str(error.value) or reference.hub.value in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("meta-llama/Llama-3.1-8B", hf("meta-llama/Llama-3.1-8B")),
        (" hf:org/one ", hf("org/one")),
        ("https://huggingface.co/Qwen/Qwen3-8B/tree/main", hf("Qwen/Qwen3-8B")),
        ("https://hf-mirror.com/Qwen/Qwen3-8B?x=1", hf("Qwen/Qwen3-8B")),
        ("modelscope:Qwen/Qwen3-8B", modelscope("Qwen/Qwen3-8B")),
        ("https://www.modelscope.cn/models/Qwen/Qwen3-8B/summary", modelscope("Qwen/Qwen3-8B")),
        ("Llama", None),
        ("a/b/c", None),
        ("../etc/passwd", None),
        ("https://example.org/a/b", None),
        ("org/" + "x" * 200, None),
        ("file:///etc/passwd", None),
    ],
)
def test_what_names_a_model(text, reference):
    assert parse_reference(text) == reference


def test_one_file_is_read_by_its_header_alone(server):
    model = fetch(hf("org/one"))
    assert model.architecture.name == "one"
    assert (model.weights, model.architecture.file_bytes) == (Format.BF16, 2 * files.PARAMETERS)


def test_an_index_states_the_size_and_is_read_once(server):
    for _ in range(2):
        model = fetch(hf("org/sharded"))
        assert model.architecture.name == "sharded"
        assert dict(model.notes)[Note.TENSORS_COUNTED] == "123456"
    assert not any("model-0000" in path for path in server.asked)


def test_a_configuration_alone_is_enough(server):
    assert fetch(hf("org/bare")).architecture.file_bytes == 0
    assert fetch(modelscope("org/bare")).architecture.name == "bare"


def test_modelscope_by_its_own_interface(server):
    assert fetch(modelscope("org/sharded")).architecture.file_bytes == 123_456
    assert all(path.startswith("/api/v1/models/") for path in server.asked)


@pytest.mark.parametrize("of", [hf, modelscope])
def test_each_failure_has_its_own_message(server, of):
    assert problem(of("org/missing")).problem is HubProblem.NOT_FOUND
    assert problem(of("org/gated")).problem is HubProblem.GATED
    assert problem(of("org/down")).problem is HubProblem.UNREACHABLE
    for model_id in ("org/huge", "org/broken"):
        with pytest.raises(ConfigError):
            fetch(of(model_id))


def test_a_model_without_a_configuration(server):
    assert problem(hf("org/no-config")).problem is HubProblem.NO_CONFIG


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the Hub's library leaves a socket it could not connect
@pytest.mark.parametrize("of", [hf, modelscope])
def test_no_network(server, monkeypatch, of):
    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert problem(of("org/one")).problem is HubProblem.UNREACHABLE
    gc.collect()


def test_offline_reads_what_was_read_before(server, monkeypatch):
    import huggingface_hub.constants as constants

    fetch(hf("org/sharded"))
    count = len(server.asked)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert problem(hf("org/one")).problem is HubProblem.OFFLINE
    assert problem(modelscope("org/one")).problem is HubProblem.OFFLINE
    assert fetch(hf("org/sharded")).architecture.file_bytes == 123_456
    assert len(server.asked) == count


@pytest.mark.parametrize("offline", [False, True])
def test_a_configuration_that_was_read_before_is_enough_without_a_network(server, monkeypatch, offline):
    """And at once: what is not there is not asked for again and again."""
    import huggingface_hub.constants as constants

    before = fetch(hf("org/bare"))
    if offline:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    else:
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    asked = []
    monkeypatch.setattr("time.sleep", asked.append)
    assert fetch(hf("org/bare")).architecture == before.architecture
    assert asked == []


def test_the_command_line_takes_an_id(server, capsys):
    assert main(["estimate", "hf:org/one", "--json"]) == 0
    assert str(2 * files.PARAMETERS) in capsys.readouterr().err
    assert main(["estimate", "hf:org/missing"]) == 2
    assert "org/missing" in capsys.readouterr().err
