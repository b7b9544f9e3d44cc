"""The command line is a contract that scripts depend on: options, names, the keys of the JSON."""

import json
import re
import sys
import types
from pathlib import Path

import pytest

import core
from core.cli import main
from core.memory import (
    Component,
    Optimizer,
    Recipe,
    Scenario,
    estimate,
    max_batch_size,
    max_context_length,
    parameter_count,
)
from core.memory.edge import to_json, validated
from core.memory.formats import TORCH_FORMATS
from core.memory.units import GIB
from core.opened import Opened, open_path

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
    "devices",
    "host_bytes",
]


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
        scenario = validated(Scenario, architecture=llama_7b, resident_threads=128 * 1536)
        result = estimate(scenario)
        answer = ask("--gpu", "RTX 4090")
        assert answer["total_bytes"] == result.total_bytes
        assert answer["low_bytes"] <= answer["total_bytes"] <= answer["high_bytes"]
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
        fields = json.loads(to_json(llama_7b))
        assert ask()["architecture"] == fields | {"name": "Llama-2-7b-hf", "parameters": 6_738_415_616}

    def test_without_a_card_there_is_no_fit(self, ask):
        answer = ask()
        assert (answer["fit"], answer["max_batch"], answer["max_context"]) == (None, None, None)

    def test_where_nothing_fits_limits_are_0_and_it_is_an_answer(self, ask):
        answer = ask("--gpu", "RTX 4070", "--model", "Llama-2-70b-hf")
        assert answer["fit"]["status"] == "oom"
        assert answer["fit"]["headroom_bytes"] < 0
        assert (answer["max_batch"], answer["max_context"]) == (0, 0)

    @pytest.mark.parametrize(("gpu", "status"), [("RTX 4090", "fits"), ("RTX 4080", "tight"), ("Arc A770", "tight"), ("T4", "oom")])
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


def test_the_count_under_parameters_is_the_architectures_own(ask):
    architecture = ask("--params", "3b")["architecture"]
    parameters = architecture.pop("parameters")
    assert parameters == parameter_count(validated(Scenario, **{"architecture": architecture}).architecture)


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
            (["--transformers-release", "before-4.45"], {"transformers_release": "before-4.45"}),
            (["--runtime", "sglang"], {"runtime": "sglang"}),
            (
                ["--runtime", "vllm", "--max-num-batched-tokens", "8k", "--max-num-seqs", "64", "--no-cuda-graphs"],
                {"runtime": "vllm", "max_num_batched_tokens": 8192, "max_num_seqs": 64, "cuda_graphs": False},
            ),
            (["--estimator", "rule-of-thumb"], {"estimator": "rule-of-thumb"}),
            (["--estimator", "detailed"], {}),
            (["--task", "inference"], {}),
            (["--task", "training"], {"task": "training"}),
            (["--task", "training", "--method", "full"], {"task": "training"}),
            (["--task", "training", "--method", "lora"], {"task": "training", "method": "lora"}),
            (["--task", "training", "--checkpointing"], {"task": "training", "gradient_checkpointing": True}),
            (["--task", "training", "--first-step"], {"task": "training", "first_step": True}),
            (
                ["--task", "training", "--recipe", "pure16", "--optimizer-implementation", "fused"],
                {"task": "training", "recipe": "pure16", "optimizer_implementation": "fused"},
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
        result = estimate(validated(Scenario, architecture=llama_7b, **choices))
        answer = ask(*options)
        assert [moment["components"] for moment in answer["moments"]] == [moment.stack._asdict() for moment in result.moments]

    @pytest.mark.parametrize("recipe", Recipe)
    @pytest.mark.parametrize("optimizer", Optimizer)
    def test_recipes_and_optimizers(self, ask, llama_7b, recipe, optimizer):
        result = estimate(validated(Scenario, architecture=llama_7b, task="training", recipe=recipe, optimizer=optimizer))
        assert ask("--task", "training", "--recipe", recipe, "--optimizer", optimizer)["total_bytes"] == result.total_bytes

    @pytest.mark.parametrize("weights", sorted(TORCH_FORMATS))
    def test_inference_in_every_format(self, ask, weights):
        assert ask("--weights", weights)["total_bytes"] > 3 * GIB

    @pytest.mark.parametrize("option", ["--json", "--batch=1"])
    def test_options_before_and_after_the_file(self, ask, saved, option):
        path = saved(weights="int8")
        assert ask(option, path) == ask(path, option)


class TestImpliedChoices:
    def test_qlora_is_int4_unless_said_otherwise(self, ask, llama_7b):
        qlora = validated(Scenario, architecture=llama_7b, task="training", method="qlora", weights="int4")
        options = ("--task", "training", "--method", "qlora")
        assert ask(*options)["total_bytes"] == estimate(qlora).total_bytes
        assert ask(*options, "--weights", "int8")["total_bytes"] == estimate(qlora.evolve(weights="int8")).total_bytes

    def test_a_quantized_file_stays_as_it_is(self, ask, saved, llama_7b):
        qlora = validated(Scenario, architecture=llama_7b, task="training", method="qlora", weights="int8")
        path = saved(task="training", weights="int8")
        assert ask(path, "--method", "qlora")["total_bytes"] == estimate(qlora).total_bytes

    def test_fp32_weights_mean_the_recipe_fp32(self, ask, llama_7b):
        fp32 = validated(Scenario, architecture=llama_7b, task="training", weights="fp32", recipe="fp32")
        assert ask("--task", "training", "--weights", "fp32")["total_bytes"] == estimate(fp32).total_bytes

    def test_amp_keeps_fp32_weights_as_well(self, ask, saved, llama_7b):
        amp = estimate(validated(Scenario, architecture=llama_7b, task="training", weights="fp32", recipe="amp")).total_bytes
        assert ask("--task", "training", "--weights", "fp32", "--recipe", "amp")["total_bytes"] == amp
        assert ask(saved(task="training", recipe="amp"), "--weights", "fp32")["total_bytes"] == amp

    def test_a_files_recipe_gives_way_to_weights_that_it_does_not_store(self, ask, saved):
        path = saved(task="training", recipe="fp32", weights="fp32")
        assert ask(path, "--weights", "bf16")["moments"] == ask("--task", "training", "--recipe", "mixed")["moments"]

    def test_a_recipe_that_was_asked_for_is_not_replaced(self, complaint):
        line = complaint("estimate", "--task", "training", "--weights", "fp32", "--recipe", "mixed")
        assert "--recipe fp32" in line


class TestScenarioFile:
    def test_it_is_the_question(self, ask, saved, llama_7b):
        choices = {"task": "training", "method": "lora", "batch_size": 2, "context_length": 1024, "gpu": "RTX 4090"}
        answer = ask(saved(**choices))
        on_rtx_4090 = validated(Scenario, architecture=llama_7b, resident_threads=128 * 1536, **choices)
        assert answer["total_bytes"] == estimate(on_rtx_4090).total_bytes
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


class TestWindow:
    @pytest.fixture
    def opened(self, monkeypatch) -> list[tuple]:
        """What the window was opened with: a scenario and a picture to save."""
        calls: list[tuple] = []
        app = types.ModuleType("gui.app")
        app.run_window = lambda *handed: calls.append(handed) or 7
        monkeypatch.setitem(sys.modules, "gui.app", app)
        return calls

    def test_without_a_subcommand_it_opens(self, opened):
        assert main([]) == 7
        assert opened == [(None, None)]

    def test_it_is_handed_the_scenario_and_the_smoke_test(self, opened, saved, llama_7b):
        path = saved(batch_size=3)
        assert main([path, "--smoke-test", "out.png"]) == 7
        assert opened == [(Opened(Scenario(architecture=llama_7b, batch_size=3), None, pinned=()), Path("out.png"))]

    def test_a_lesson_is_handed_on_unread(self, opened, tmp_path):
        path = tmp_path / "mine.yaml"
        path.write_text("format: fitting-room lesson\nsteps: [")
        assert main([str(path)]) == 7
        assert opened == [(path, None)]

    def test_the_file_is_read_once(self, opened, saved, monkeypatch):
        """Between two looks it could change, and the second would go unanswered."""
        read = []
        monkeypatch.setattr("core.arguments.open_path", lambda path, before, models=(): read.append(path) or open_path(path, before))
        path = saved()
        assert main([path]) == 7
        assert read == [Path(path)]

    def test_a_display_that_does_not_answer_is_one_line(self, opened, complaint, monkeypatch):
        monkeypatch.setattr("gui.display.display_problem", lambda: "no display answers at DISPLAY=:9")
        assert complaint(code=1) == "no display answers at DISPLAY=:9; `fitting-room estimate` needs no window"
        assert opened == []

    def test_arguments_of_the_process(self, opened, monkeypatch):
        monkeypatch.setattr(sys, "argv", ["fitting-room", "--smoke-test", "out.png"])
        assert main() == 7
        assert opened == [(None, Path("out.png"))]

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
        said = capsys.readouterr().out
        assert re.fullmatch(rf"fitting-room {re.escape(core.__version__)} \(models of 20\d\d-\d\d-\d\d, GPUs of 20\d\d-\d\d-\d\d\)\n", said)

    def test_help_of_the_command_names_the_subcommand(self, capsys):
        assert main(["--help"]) == 0
        assert "fitting-room estimate --help" in " ".join(capsys.readouterr().out.split())

    def test_help_of_estimate_lists_every_name(self, capsys):
        assert main(["estimate", "--help"]) == 0
        text = capsys.readouterr().out
        assert "meta-llama/Llama-2-70b-hf" in text
        assert "RTX A6000" in text
        assert "--lora-targets {all-linear,attention,qv}" in text
