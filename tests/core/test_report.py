"""The answer as people read it."""

import pytest


class TestText:
    def test_the_answer(self, tell):
        text = tell("--gpu", "RTX 4090")
        assert "Llama-2-7b-hf: 6,738,415,616 parameters" in text
        assert "weights bf16, KV cache bf16, batch 1, context 4,096 tokens (assumed; --context sets it)" in text
        assert "transformers, sdpa attention" in text
        assert "Peak 15.43 GiB (16.57 GB), in prefill" in text
        assert "weights 12.55 13.48" in text
        assert "KV cache 2.00 2.15" in text
        assert "optimizer" not in text
        assert "decode 14.97 16.07" in text
        assert "process (nvidia-smi) 15.43 16.57" in text
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
            (["--gpu", "RTX 4090", "--estimator", "rule-of-thumb"], "Longest context: 10,485,760 or more."),
            (["--params", "7b"], "a model of the given size: 7,0"),
            (["--estimator", "rule-of-thumb"], "rule of thumb over the nominal 7,000,000,000 parameters"),
            (["--task", "training"], "training (full): recipe mixed (bf16), adamw, batch 1"),
            (["--task", "training", "--weights", "fp32"], "training (full): recipe fp32, adamw, batch 1"),
            (["--task", "training", "--checkpointing"], "adamw, gradient checkpointing, batch 1"),
            (["--task", "training", "--estimator", "rule-of-thumb", "--weights", "int8"], "training (full): weights int8, adamw, batch 1"),
            (["--task", "training", "--estimator", "rule-of-thumb", "--recipe", "amp"], "training (full): weights fp32, adamw, batch 1"),
            (["--task", "training", "--method", "qlora", "--lora-targets", "qv"], "training (qlora): base int4, rank 16 on q_proj, v_proj"),
            (["--task", "training"], "Bytes per parameter: 16.000 (weights + gradients + optimizer)"),
            (["--task", "training"], "between steps "),
        ],
        ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
    )
    def test_it_says(self, tell, options, words):
        assert words in tell(*options)

    @pytest.mark.parametrize("method", ["lora", "qlora"])
    def test_the_rule_of_thumb_knows_only_full_training_and_says_so(self, tell, method):
        text = tell("--task", "training", "--method", method, "--estimator", "rule-of-thumb", "--checkpointing")
        assert "training (full): weights " in text
        assert f"It knows only full training: these are not the figures of --method {method}." in text
        assert "rank" not in text
        assert "checkpointing" not in text

    @pytest.mark.parametrize("options", [["--method", "full"], []], ids=["full", "default"])
    def test_which_needs_no_saying_of_full_training(self, tell, options):
        assert "knows only" not in tell("--task", "training", *options, "--estimator", "rule-of-thumb")
        assert "knows only" not in tell("--estimator", "rule-of-thumb")
