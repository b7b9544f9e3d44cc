"""The command line: a contract for scripts, one clear line for what makes no sense, nothing heavy imported."""

import io
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import core
from core.cli import main
from core.memory import (
    Component,
    Format,
    Optimizer,
    Reason,
    Recipe,
    Refusal,
    Scenario,
    estimate,
    max_batch_size,
    max_context_length,
    parameter_count,
)
from core.quantity import Problem, QuantityError
from core.report import quantity_words, refusal_words

ROOT = Path(__file__).resolve().parents[2]
GIB = 2**30

KEYS = [
    "total_bytes",
    "low_bytes",
    "high_bytes",
    "readings",
    "peak",
    "moments",
    "bytes_per_parameter",
    "architecture",
    "fit",
    "max_batch",
    "max_context",
]


@pytest.fixture
def ask(capsys) -> Callable[..., dict]:
    """The JSON answer to a command that succeeds, silently otherwise."""

    def of(*options: str) -> dict:
        code = main(["estimate", *options, "--json"])
        output = capsys.readouterr()
        assert (code, output.err) == (0, "")
        return json.loads(output.out)

    return of


@pytest.fixture
def tell(capsys) -> Callable[..., str]:
    """The answer for people, with its blanks run together."""

    def of(*options: str) -> str:
        code = main(["estimate", *options])
        output = capsys.readouterr()
        assert (code, output.err) == (0, "")
        return " ".join(output.out.split())

    return of


@pytest.fixture
def complaint(capsys) -> Callable[..., str]:
    """The one line on stderr of a command that makes no sense."""

    def of(*arguments: str, code: int = 2) -> str:
        assert main(list(arguments)) == code
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.startswith("fitting-room: ")
        assert output.err.endswith("\n")
        assert len(output.err.splitlines()) == 1
        return output.err.removeprefix("fitting-room: ").rstrip("\n")

    return of


@pytest.fixture
def saved(tmp_path, llama_7b) -> Callable[..., str]:
    """The path of a scenario file with these choices."""

    def of(**choices) -> str:
        path = tmp_path / "scenario.json"
        path.write_text(Scenario(architecture=llama_7b, **choices).model_dump_json(), encoding="utf-8")
        return str(path)

    return of


class TestJson:
    def test_keys(self, ask):
        answer = ask("--gpu", "RTX 4090")
        assert list(answer) == KEYS
        assert list(answer["readings"]) == ["allocated_bytes", "reserved_bytes", "process_bytes"]
        assert list(answer["fit"]) == ["gpu", "status", "headroom_bytes"]
        for moment in answer["moments"]:
            assert list(moment) == ["name", "total_bytes", "components"]
            assert list(moment["components"]) == list(Component)

    def test_it_says_what_the_model_says(self, ask, llama_7b):
        scenario = Scenario(architecture=llama_7b)
        result = estimate(scenario)
        answer = ask("--gpu", "RTX 4090")
        assert answer["total_bytes"] == result.total_bytes
        assert (answer["low_bytes"], answer["high_bytes"]) == (None, None)
        assert answer["readings"] == result.readings._asdict()
        assert answer["peak"] == "prefill"
        assert {moment["name"]: moment["total_bytes"] for moment in answer["moments"]} == {
            moment.name: moment.total_bytes for moment in result.moments
        }
        assert answer["bytes_per_parameter"] == result.bytes_per_parameter
        usable = answer["fit"]["headroom_bytes"] + result.total_bytes
        assert answer["max_batch"] == max_batch_size(scenario, usable)
        assert answer["max_context"] == max_context_length(scenario, usable)

    def test_totals_are_sums_of_whole_bytes(self, ask):
        for moment in ask("--task", "training")["moments"]:
            assert all(type(size) is int for size in moment["components"].values())
            assert sum(moment["components"].values()) == moment["total_bytes"]

    def test_bytes_per_parameter_is_a_float(self, ask):
        answer = ask("--task", "training", "--estimator", "rule-of-thumb", "--weights", "int8")
        assert answer["bytes_per_parameter"] == 4.0
        assert type(answer["bytes_per_parameter"]) is float

    def test_the_architecture_has_its_fields_and_its_exact_count(self, ask, llama_7b):
        assert ask()["architecture"] == llama_7b.model_dump() | {"name": "Llama-2-7b-hf", "parameters": 6_738_415_616}

    def test_without_a_card_there_is_no_fit(self, ask):
        answer = ask()
        assert (answer["fit"], answer["max_batch"], answer["max_context"]) == (None, None, None)

    def test_where_nothing_fits_limits_are_0_and_it_is_an_answer(self, ask):
        answer = ask("--gpu", "RTX 4070", "--model", "Llama-2-70b-hf")
        assert answer["fit"]["status"] == "oom"
        assert answer["fit"]["headroom_bytes"] < 0
        assert (answer["max_batch"], answer["max_context"]) == (0, 0)

    @pytest.mark.parametrize(("gpu", "status"), [("RTX 4090", "fits"), ("RTX 4080", "tight"), ("Arc A770", "oom"), ("T4", "oom")])
    def test_status(self, ask, gpu, status):
        assert ask("--gpu", gpu)["fit"]["status"] == status

    def test_the_question_of_the_readme(self, ask):
        """Does Llama-2-70B in int4 fit on an RTX A6000, and with how much room?"""
        fit = ask("--model", "Llama-2-70b-hf", "--weights", "int4", "--gpu", "rtx a6000")["fit"]
        assert (fit["gpu"], fit["status"]) == ("RTX A6000", "fits")
        assert 5 * GIB < fit["headroom_bytes"] < 15 * GIB

    def test_the_rule_of_thumb_solves_backwards_with_the_same_functions(self, ask):
        training = ("--estimator", "rule-of-thumb", "--task", "training", "--weights", "int8", "--context", "2048", "--batch", "50")
        answer = ask(*training, "--gpu", "A100 80GB")
        assert round(answer["total_bytes"] / 10**9, 1) == 77.5
        sample = answer["moments"][-1]["components"]["activations"] // 50
        assert answer["max_batch"] == 50 + answer["fit"]["headroom_bytes"] // sample

    def test_extremes(self, ask):
        answer = ask(
            "--params", "10t", "--batch", "4096", "--context", "10000000", "--attention", "eager", "--task", "training", "--gpu", "T4"
        )
        assert answer["total_bytes"] > 10**23
        assert answer["fit"]["status"] == "oom"


class TestOptions:
    @pytest.mark.parametrize("name", ["Llama-2-13b-hf", "meta-llama/Llama-2-13b-hf", "META-LLAMA/llama-2-13B-HF", "llama-2-13b-hf"])
    def test_a_model_by_any_case_with_or_without_its_organisation(self, ask, name):
        assert ask("--model", name)["architecture"]["parameters"] == 13_015_864_320

    @pytest.mark.parametrize("name", ["RTX 4090", "rtx 4090", "Rtx4090", "NVIDIA GeForce RTX 4090"])
    def test_a_card_by_any_case(self, ask, name):
        assert ask("--gpu", name)["fit"]["gpu"] == "RTX 4090"

    @pytest.mark.parametrize("typed", ["7e9", "7b", "7B", "70亿", "７Ｂ", "7,000,000,000"])
    def test_a_parameter_count_as_people_type_it(self, ask, typed):
        architecture = ask("--params", typed)["architecture"]
        assert architecture["nominal_parameters"] == 7 * 10**9
        assert architecture["name"] == ""
        assert architecture["parameters"] == pytest.approx(7 * 10**9, rel=0.01)

    def test_context_and_batch(self, ask):
        cache = ask("--context", "8k", "--batch", "4")["moments"][-1]["components"]["kv_cache"]
        assert cache == 2 * 32 * 4096 * 2 * 8192 * 4

    @pytest.mark.parametrize(
        ("options", "choices"),
        [
            (["--weights", "int8"], {"weights": "int8"}),
            (["--weights", "FP32"], {"weights": "fp32"}),
            (["--kv-cache", "fp8"], {"kv_cache": "fp8"}),
            (["--attention", "eager"], {"attention": "eager"}),
            (["--runtime", "transformers"], {}),
            (["--estimator", "rule-of-thumb"], {"estimator": "rule-of-thumb"}),
            (["--estimator", "detailed"], {}),
            (["--task", "inference"], {}),
            (["--task", "training"], {"task": "training"}),
            (["--task", "training", "--method", "full"], {"task": "training"}),
            (["--task", "training", "--method", "lora"], {"task": "training", "method": "lora"}),
            (["--task", "training", "--checkpointing"], {"task": "training", "gradient_checkpointing": True}),
            (["--task", "training", "--first-step"], {"task": "training", "first_step": True}),
            (
                ["--task", "training", "--optimizer-implementation", "fused"],
                {"task": "training", "optimizer_implementation": "fused"},
            ),
            (
                ["--task", "training", "--method", "lora", "--lora-r", "64", "--lora-targets", "qv"],
                {"task": "training", "method": "lora", "lora_r": 64, "lora_target_modules": ("q_proj", "v_proj")},
            ),
            (
                ["--task", "training", "--method", "lora", "--lora-targets", "attention"],
                {"task": "training", "method": "lora", "lora_target_modules": ("q_proj", "k_proj", "v_proj", "o_proj")},
            ),
        ],
        ids=" ".join,
    )
    def test_each_is_a_choice_of_the_scenario(self, ask, llama_7b, options, choices):
        result = estimate(Scenario(architecture=llama_7b, **choices))
        answer = ask(*options)
        assert [moment["components"] for moment in answer["moments"]] == [moment.stack._asdict() for moment in result.moments]

    @pytest.mark.parametrize("recipe", Recipe)
    @pytest.mark.parametrize("optimizer", Optimizer)
    def test_recipes_and_optimizers(self, ask, llama_7b, recipe, optimizer):
        result = estimate(Scenario(architecture=llama_7b, task="training", recipe=recipe, optimizer=optimizer))
        assert ask("--task", "training", "--recipe", recipe, "--optimizer", optimizer)["total_bytes"] == result.total_bytes

    @pytest.mark.parametrize("weights", Format)
    def test_inference_in_every_format(self, ask, weights):
        assert ask("--weights", weights)["total_bytes"] > 3 * GIB

    @pytest.mark.parametrize("option", ["--json", "--batch=1"])
    def test_options_before_and_after_the_file(self, ask, saved, option):
        path = saved(weights="int8")
        assert ask(option, path) == ask(path, option)


class TestImpliedChoices:
    def test_qlora_is_int4_unless_said_otherwise(self, ask, llama_7b):
        qlora = Scenario(architecture=llama_7b, task="training", method="qlora", weights="int4")
        options = ("--task", "training", "--method", "qlora")
        assert ask(*options)["total_bytes"] == estimate(qlora).total_bytes
        assert ask(*options, "--weights", "int8")["total_bytes"] == estimate(qlora.evolve(weights="int8")).total_bytes

    def test_a_quantized_file_stays_as_it_is(self, ask, saved, llama_7b):
        qlora = Scenario(architecture=llama_7b, task="training", method="qlora", weights="int8")
        path = saved(task="training", weights="int8")
        assert ask(path, "--method", "qlora")["total_bytes"] == estimate(qlora).total_bytes

    def test_fp32_weights_mean_the_recipe_fp32(self, ask, llama_7b):
        fp32 = Scenario(architecture=llama_7b, task="training", weights="fp32", recipe="fp32")
        assert ask("--task", "training", "--weights", "fp32")["total_bytes"] == estimate(fp32).total_bytes

    def test_amp_keeps_fp32_weights_as_well(self, ask, saved, llama_7b):
        amp = estimate(Scenario(architecture=llama_7b, task="training", weights="fp32", recipe="amp")).total_bytes
        assert ask("--task", "training", "--weights", "fp32", "--recipe", "amp")["total_bytes"] == amp
        assert ask(saved(task="training", recipe="amp"), "--weights", "fp32")["total_bytes"] == amp

    def test_a_recipe_that_was_asked_for_is_not_replaced(self, complaint):
        line = complaint("estimate", "--task", "training", "--weights", "fp32", "--recipe", "mixed")
        assert "--recipe fp32" in line


class TestScenarioFile:
    def test_it_is_the_question(self, ask, saved, llama_7b):
        choices = {"task": "training", "method": "lora", "batch_size": 2, "context_length": 1024, "gpu": "RTX 4090"}
        answer = ask(saved(**choices))
        assert answer["total_bytes"] == estimate(Scenario(architecture=llama_7b, **choices)).total_bytes
        assert answer["fit"]["gpu"] == "RTX 4090"

    def test_options_override_it(self, ask, saved):
        path = saved(task="training", gradient_checkpointing=True, gpu="RTX 4090", batch_size=8)
        answer = ask(path, "--batch", "1", "--no-checkpointing", "--gpu", "H200", "--params", "1b")
        plain = ask("--task", "training", "--params", "1b", "--gpu", "H200")
        assert answer == plain

    def test_a_card_that_is_not_in_the_catalogue(self, complaint, saved):
        assert "unknown GPU 'Voodoo 2'" in complaint("estimate", saved(gpu="Voodoo 2"))

    @pytest.mark.parametrize("content", ["", "{", "[" * 100_000, '{"version": 2}', '{"x": 1}'])
    def test_nonsense(self, complaint, tmp_path, content):
        path = tmp_path / "broken.json"
        path.write_text(content)
        assert complaint("estimate", str(path)).startswith(f"{path}: ")
        assert complaint(str(path)).startswith(f"{path}: ")


class TestComplaints:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--model", "Llama-2-7c-hf"], ["unknown model 'Llama-2-7c-hf'", "meta-llama/Llama-2-7b-hf", "--params"]),
            (["--model", "zzz"], ["unknown model 'zzz'", "--help"]),
            (["--gpu", "RTX 4091"], ["unknown GPU 'RTX 4091'", "RTX 4090"]),
            (["--gpu", ""], ["unknown GPU ''"]),
            (["--gpu", "x" * 5000], ["unknown GPU 'xxx"]),
            (["--gpu", "a\nb\x1b[31m"], ["unknown GPU"]),
            (["--params", "7x"], ["--params", "unknown suffix 'x'"]),
            (["--params", "seven"], ["--params", "not a number"]),
            (["--params", ""], ["--params", "missing"]),
            (["--params", "1.5"], ["--params", "not a whole number"]),
            (["--params", "1m"], ["--params", "too small", "10,000,000"]),
            (["--params", "11t"], ["--params", "too large", "10,000,000,000,000"]),
            (["--params", "1e999999999"], ["--params", "too large"]),
            (["--params", "9" * 100], ["--params", "too long"]),
            (["--params", "-5"], ["--params", "too small"]),
            (["--params", "nan"], ["--params"]),
            (["--batch", "0"], ["--batch", "too small", "1"]),
            (["--batch", "5000"], ["--batch", "too large", "4,096"]),
            (["--batch", "1.5"], ["--batch", "whole"]),
            (["--context", "1"], ["--context", "too small", "128"]),
            (["--context", "100M"], ["--context", "too large", "10,000,000"]),
            (["--weights", "int3"], ["--weights", "'int3'", "int4"]),
            (["--task", "dreaming"], ["--task", "'dreaming'"]),
            (["--recipe"], ["--recipe", "expected one argument"]),
            (["--model", "Llama-2-7b-hf", "--params", "7b"], ["--params", "not allowed with", "--model"]),
            (["--nonsense"], ["--nonsense"]),
            (["--bat", "1"], ["--bat"]),
            (["one.json", "two.json"], ["two.json"]),
            (["missing.json"], ["missing.json: cannot be read"]),
        ],
        ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
    )
    def test_one_line_that_names_what_is_wrong(self, complaint, options, words):
        line = complaint("estimate", *options)
        assert all(word in line for word in words), line
        assert len(line) <= 1000

    @pytest.mark.parametrize(
        "option",
        [
            ["--method", "lora"],
            ["--recipe", "amp"],
            ["--optimizer", "sgd"],
            ["--optimizer-implementation", "fused"],
            ["--checkpointing"],
            ["--first-step"],
            ["--lora-r", "8"],
            ["--lora-targets", "qv"],
        ],
        ids=" ".join,
    )
    def test_choices_of_training_have_no_meaning_in_inference(self, complaint, option):
        assert complaint("estimate", *option).startswith(f"{option[0]} has no meaning in inference; add --task training")

    @pytest.mark.parametrize("option", [["--lora-r", "8"], ["--lora-targets", "qv"]], ids=" ".join)
    def test_adapters_have_no_meaning_in_full_training(self, complaint, option):
        assert complaint("estimate", "--task", "training", *option).startswith(f"{option[0]} has no meaning in full training")

    @pytest.mark.parametrize(
        ("options", "alternatives"),
        [
            (["--weights", "int4"], ["--weights bf16", "--method qlora"]),
            (["--weights", "fp8"], ["--weights bf16"]),
            (["--weights", "fp64"], ["--weights bf16"]),
            (["--method", "lora", "--weights", "int4"], ["--method qlora", "--weights bf16"]),
            (["--method", "lora", "--weights", "fp8"], ["--weights bf16"]),
            (["--method", "qlora", "--weights", "bf16"], ["--weights int4", "--method lora"]),
        ],
        ids=lambda value: " ".join(value),
    )
    def test_what_no_real_run_allows_is_refused_with_what_to_use_instead(self, complaint, ask, options, alternatives):
        line = complaint("estimate", "--task", "training", *options)
        assert line.endswith(f"; instead use {' or '.join(alternatives)}")
        for alternative in alternatives:
            assert ask("--task", "training", *options, *alternative.split())["total_bytes"] > 0

    @pytest.mark.parametrize("reason", Reason)
    def test_every_reason_has_words(self, reason):
        words = refusal_words(Refusal(reason, ({"weights": "bf16"},)))
        assert words.endswith("; instead use --weights bf16")
        assert reason.value not in words

    def test_every_problem_of_a_quantity_has_its_own_words(self):
        words = {quantity_words(QuantityError(problem, 1, 10, "x")) for problem in Problem}
        assert len(words) == len(Problem)

    def test_a_broken_catalogue(self, complaint, monkeypatch, tmp_path):
        monkeypatch.setattr("core.cli._RESOURCES", tmp_path)
        assert "models.json: cannot be read" in complaint("estimate")


class TestText:
    def test_the_answer(self, tell):
        text = tell("--gpu", "RTX 4090")
        assert "Llama-2-7b-hf: 6,738,415,616 parameters" in text
        assert "weights bf16, KV cache bf16, batch 1, context 4,096 tokens (assumed; --context sets it)" in text
        assert "transformers, sdpa attention" in text
        assert "Peak 15.47 GiB (16.61 GB), in prefill" in text
        assert "weights 12.55 13.48" in text
        assert "KV cache 2.00 2.15" in text
        assert "optimizer" not in text
        assert "decode 15.01 16.12" in text
        assert "process (nvidia-smi) 15.47 16.61" in text
        assert "Bytes per parameter: 2.000 (weights)" in text
        assert "RTX 4090: fits, " in text
        assert "Largest batch: " in text

    def test_a_context_that_was_asked_for_is_not_assumed(self, tell, saved):
        assert "assumed" not in tell("--context", "8k")
        assert "assumed" not in tell(saved())

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--gpu", "RTX 4070"], "RTX 4070: OOM, "),
            (["--gpu", "RTX 4070"], "the weights alone do not fit. Largest batch: none fits. Longest context: none fits."),
            (["--gpu", "RTX 4080"], "RTX 4080: tight, only "),
            (["--gpu", "H200", "--task", "training", "--batch", "4096"], "OOM, "),
            (["--gpu", "A100 80GB", "--task", "training"], "weights, gradients and optimizer alone do not fit"),
            (["--params", "10m", "--gpu", "H200", "--context", "128"], "Largest batch: 4,096 or more."),
            (["--gpu", "RTX 4090", "--estimator", "rule-of-thumb"], "Longest context: 10,000,000 or more."),
            (["--params", "7b"], "a model of the given size: 7,0"),
            (["--estimator", "rule-of-thumb"], "rule of thumb over the nominal 7,000,000,000 parameters"),
            (["--task", "training"], "training (full): recipe mixed (bf16), adamw, batch 1"),
            (["--task", "training", "--weights", "fp32"], "training (full): recipe fp32, adamw, batch 1"),
            (["--task", "training", "--checkpointing"], "adamw, gradient checkpointing, batch 1"),
            (["--task", "training", "--estimator", "rule-of-thumb", "--weights", "int8"], "training (full): weights int8, adamw, batch 1"),
            (["--task", "training", "--method", "qlora", "--lora-targets", "qv"], "training (qlora): base int4, rank 16 on q_proj, v_proj"),
            (["--task", "training"], "Bytes per parameter: 16.000 (weights + gradients + optimizer)"),
            (["--task", "training"], "between steps "),
        ],
        ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
    )
    def test_it_says(self, tell, options, words):
        assert words in tell(*options)


class TestWindow:
    @pytest.fixture
    def opened(self, monkeypatch) -> list[list[str]]:
        """What the window was opened with."""
        calls: list[list[str]] = []
        app = types.ModuleType("gui.app")
        app.run_window = lambda argv: calls.append(list(argv)) or 7
        monkeypatch.setitem(sys.modules, "gui.app", app)
        return calls

    def test_without_a_subcommand_it_opens(self, opened):
        assert main([]) == 7
        assert opened == [[]]

    def test_it_is_handed_the_scenario_and_the_smoke_test(self, opened, saved):
        path = saved()
        assert main([path, "--smoke-test", "out.png"]) == 7
        assert opened == [[path, "--smoke-test", "out.png"]]

    def test_arguments_of_the_process(self, opened, monkeypatch):
        monkeypatch.setattr(sys, "argv", ["fitting-room", "--smoke-test", "out.png"])
        assert main() == 7
        assert opened == [["--smoke-test", "out.png"]]

    @pytest.mark.parametrize("arguments", [["estimte"], ["--smoke"], ["--smoke-test"], ["-x"], ["a.json", "b.json"]], ids=" ".join)
    def test_nonsense_does_not_open_it(self, opened, complaint, arguments):
        assert complaint(*arguments)
        assert opened == []

    def test_where_there_is_no_window_the_terminal_still_answers(self, complaint, monkeypatch):
        monkeypatch.setitem(sys.modules, "gui.app", None)
        assert "fitting-room estimate" in complaint(code=1)


class TestHelp:
    def test_version(self, capsys):
        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"fitting-room {core.__version__}\n"

    def test_help_of_the_command_names_the_subcommand(self, capsys):
        assert main(["--help"]) == 0
        assert "fitting-room estimate --help" in " ".join(capsys.readouterr().out.split())

    def test_help_of_estimate_lists_every_name(self, capsys):
        assert main(["estimate", "--help"]) == 0
        text = capsys.readouterr().out
        assert "meta-llama/Llama-2-70b-hf" in text
        assert "RTX A6000" in text
        assert "--lora-targets {all-linear,attention,qv}" in text


def run(*arguments: str, code: str = "import sys; from core.cli import main; sys.exit(main())", **options) -> subprocess.CompletedProcess:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment, cwd=ROOT, timeout=60, **options)


class TestProcess:
    def test_an_estimate_imports_neither_qt_nor_numpy(self):
        code = (
            "import sys; from core.cli import main; code = main();"
            "print([name for name in sys.modules if name.split('.')[0] in {'PySide6', 'shiboken6', 'numpy', 'pyqtgraph', 'gui'}]);"
            "sys.exit(code)"
        )
        done = run("estimate", "--gpu", "RTX 4090", code=code, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == "[]"

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    def test_any_output_encoding(self, tmp_path, llama_7b, encoding):
        path = tmp_path / "场景.json"
        named = llama_7b.model_copy(update={"name": "通义千问 🙂"})
        path.write_text(Scenario(architecture=named).model_dump_json(), encoding="utf-8")
        environment = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        filesystem_encoding = {"PYTHONUTF8": "1"} if encoding == "utf-8" else {}
        for options in ([], ["--json"]):
            done = run("estimate", os.fsencode(path), *options, env=environment | filesystem_encoding, capture_output=True)
            assert (done.returncode, done.stderr) == (0, b"")
            assert done.stdout.decode(encoding)

    def test_bytes_that_are_no_text_in_an_argument(self):
        done = run("estimate", "--gpu", b"\xff\xfe", capture_output=True)
        assert done.returncode == 2
        assert done.stderr.startswith(b"fitting-room: unknown GPU")
        assert done.stderr.count(b"\n") == 1

    @pytest.mark.parametrize("options", [["estimate"], ["estimate", "--help"]], ids=" ".join)
    def test_a_reader_that_went_away(self, options):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = run(*options, stdout=writing, stderr=subprocess.PIPE)
        finally:
            os.close(writing)
        assert done.stderr == b""

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_a_full_disk(self):
        with Path("/dev/full").open("w") as full:
            done = run("estimate", stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert done.stderr == "fitting-room: cannot write the answer: No space left on device\n"


def test_without_any_streams(monkeypatch):
    """As in a program started without a console."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["estimate"]) == 0
    assert main(["estimate", "--batch", "0"]) == 2


@pytest.mark.parametrize(("error", "words"), [(BrokenPipeError(), ""), (OSError(28, "disk full"), "cannot write the answer: disk full\n")])
def test_an_output_that_cannot_be_written(monkeypatch, capsys, error, words):
    class Broken(io.StringIO):
        def write(self, text):
            raise error

    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["estimate"]) == 1
    assert capsys.readouterr().err.removeprefix("fitting-room: ") == words


def test_streams_that_are_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["estimate", "--json"]) == 0
    assert list(json.loads(sys.stdout.getvalue())) == KEYS


def test_the_count_under_parameters_is_the_architectures_own(ask):
    architecture = ask("--params", "3b")["architecture"]
    parameters = architecture.pop("parameters")
    assert parameters == parameter_count(Scenario.model_validate({"architecture": architecture}).architecture)
