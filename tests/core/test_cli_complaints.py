"""What makes no sense gets one clear line on stderr and exit code 2."""

import pytest

from core.choices import Meaningless
from core.cli import main
from core.complaints import meaningless_words, quantity_words, refusal_words
from core.memory import Estimator, Format, Method, Reason, Recipe, Refusal
from core.quantity import Problem, QuantityError


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
            (["--context", "100M"], ["--context", "too large", "10,485,760"]),
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

    @pytest.mark.parametrize("training", [["--task", "training"], ["--task", "training", "--method", "lora"]], ids=" ".join)
    def test_the_cache_has_no_meaning_in_training(self, complaint, training):
        words = "--kv-cache has no meaning in training; add --task inference or leave it out"
        assert complaint("estimate", *training, "--kv-cache", "fp8") == words

    @pytest.mark.parametrize("method", ["lora", "qlora"])
    @pytest.mark.parametrize("recipe", Recipe)
    def test_a_recipe_has_no_meaning_with_adapters(self, complaint, method, recipe):
        line = complaint("estimate", "--task", "training", "--method", method, "--recipe", recipe)
        assert line.startswith("--recipe has no meaning in LoRA and QLoRA")

    @pytest.mark.parametrize("optimizer", ["sgd", "sgd-momentum", "adamw8bit"])
    def test_an_implementation_makes_no_difference_to_some_optimizers(self, complaint, optimizer):
        options = ("--recipe", "pure16", "--optimizer", optimizer, "--optimizer-implementation", "fused")
        assert complaint("estimate", "--task", "training", *options).startswith("--optimizer-implementation makes no difference")

    def test_nor_to_master_weights(self, complaint):
        line = complaint("estimate", "--task", "training", "--optimizer-implementation", "fused")
        assert "--recipe mixed" in line

    @pytest.mark.parametrize("weights", [fmt for fmt in Format if fmt is not Format.FP32])
    @pytest.mark.parametrize("estimator", Estimator)
    def test_the_recipe_fp32_stores_nothing_else(self, complaint, weights, estimator):
        line = complaint("estimate", "--task", "training", "--recipe", "fp32", "--weights", weights, "--estimator", estimator)
        assert line == f"--recipe fp32 stores fp32 weights, not {weights}; leave --weights out or use another --recipe"

    def test_what_a_file_holds_may_be_in_vain(self, ask, saved):
        """It is the whole form, filled in for every kind of run."""
        path = saved(task="training", recipe="fp32", weights="bf16", kv_cache="int4", lora_r=3, optimizer="sgd", first_step=True)
        plain = ("--task", "training", "--recipe", "fp32", "--optimizer", "sgd", "--first-step")
        assert ask(path)["total_bytes"] == ask(*plain)["total_bytes"]
        assert ask(path, "--task", "inference")["total_bytes"] == ask("--kv-cache", "int4")["total_bytes"]

    def test_an_option_is_judged_by_the_files_run(self, complaint, ask, saved):
        path = saved(task="training", method="lora")
        assert complaint("estimate", path, "--recipe", "amp").startswith("--recipe has no meaning")
        assert ask(path, "--recipe", "amp", "--method", "full")["total_bytes"] > 0

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

    @pytest.mark.parametrize("recipe", [None, *Recipe])
    @pytest.mark.parametrize("method", Method)
    @pytest.mark.parametrize("weights", Format)
    def test_every_alternative_goes_with_the_rest_of_the_command(self, capsys, recipe, method, weights):
        options = ["estimate", "--task", "training", "--method", method, "--weights", weights, *(["--recipe", recipe] if recipe else [])]
        code = main(options)
        line = capsys.readouterr().err
        assert (code, bool(line)) in {(0, False), (2, True)}
        _, instead, alternatives = line.partition("; instead use ")
        for alternative in alternatives.split(" or ") if instead else []:
            assert main([*options, *alternative.split()]) == 0, line

    @pytest.mark.parametrize("reason", Reason)
    def test_every_reason_has_words(self, reason):
        words = refusal_words(Refusal(reason, ({"weights": "bf16"},)))
        assert words.endswith("; instead use --weights bf16")
        assert reason.value not in words

    def test_every_choice_in_vain_has_its_own_words(self):
        words = {meaningless_words("--option", why) for why in Meaningless}
        assert len(words) == len(Meaningless)
        assert all(word.startswith("--option ") for word in words)

    def test_every_problem_of_a_quantity_has_its_own_words(self):
        words = {quantity_words(QuantityError(problem, 1, 10, "x")) for problem in Problem}
        assert len(words) == len(Problem)

    def test_a_broken_catalogue(self, complaint, monkeypatch, tmp_path):
        monkeypatch.setattr("core.known.RESOURCES", tmp_path)
        assert "models.json: cannot be read" in complaint("estimate")
