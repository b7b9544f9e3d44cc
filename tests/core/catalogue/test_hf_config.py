"""Reading a model's config.json. The configurations are quoted from the Hugging Face Hub, as remembered; counts are what transformers 5.23
makes of them.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.hf_config import Note, read_config
from core.memory import Architecture, Format, parameter_count
from core.memory.architecture import Router

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "hidden_act": "silu",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "max_position_embeddings": 131072,
    "mlp_bias": False,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "rope_scaling": {"factor": 8.0, "rope_type": "llama3"},
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "vocab_size": 128256,
}
GPT_OSS = {
    "model_type": "gpt_oss",
    "head_dim": 64,
    "hidden_size": 2880,
    "intermediate_size": 2880,
    "num_attention_heads": 64,
    "num_experts_per_tok": 4,
    "num_hidden_layers": 24,
    "num_key_value_heads": 8,
    "num_local_experts": 32,
    "quantization_config": {"quant_method": "mxfp4"},
    "sliding_window": 128,
    "vocab_size": 201088,
}
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3",
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 61,
    "num_nextn_predict_layers": 1,
    "num_attention_heads": 128,
    "num_key_value_heads": 128,
    "n_shared_experts": 1,
    "n_routed_experts": 256,
    "num_experts_per_tok": 8,
    "first_k_dense_replace": 3,
    "kv_lora_rank": 512,
    "q_lora_rank": 1536,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "vocab_size": 129280,
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
}
QWEN_3_MOE = {
    "model_type": "qwen3_moe",
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "moe_intermediate_size": 768,
    "num_hidden_layers": 48,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_experts": 128,
    "num_experts_per_tok": 8,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "vocab_size": 151936,
}
GEMMA_3_4B = {
    "model_type": "gemma3",
    "vision_config": {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27},
    "text_config": {
        "model_type": "gemma3_text",
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "num_hidden_layers": 34,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "vocab_size": 262208,
        "sliding_window": 1024,
    },
}
FALCON_7B = {
    "model_type": "falcon",
    "hidden_size": 4544,
    "num_hidden_layers": 32,
    "num_attention_heads": 71,
    "vocab_size": 65024,
    "alibi": False,
    "bias": False,
    "multi_query": True,
    "new_decoder_architecture": False,
    "parallel_attn": True,
}
FALCON_40B = FALCON_7B | {
    "hidden_size": 8192,
    "num_hidden_layers": 60,
    "num_attention_heads": 128,
    "num_kv_heads": 8,
    "new_decoder_architecture": True,
}
BLOOM_7B1 = {"model_type": "bloom", "hidden_size": 4096, "n_layer": 30, "n_head": 32, "vocab_size": 250880}
OPT_6_7B = {
    "model_type": "opt",
    "hidden_size": 4096,
    "ffn_dim": 16384,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "max_position_embeddings": 2048,
    "vocab_size": 50272,
    "word_embed_proj_dim": 4096,
}
GPT_J_6B = {
    "model_type": "gptj",
    "n_embd": 4096,
    "n_head": 16,
    "n_layer": 28,
    "n_positions": 2048,
    "rotary_dim": 64,
    "vocab_size": 50400,
}
STARCODER2_7B = {
    "model_type": "starcoder2",
    "hidden_size": 4608,
    "intermediate_size": 18432,
    "num_attention_heads": 36,
    "num_hidden_layers": 32,
    "num_key_value_heads": 4,
    "sliding_window": 4096,
    "use_bias": True,
    "residual_dropout": 0.1,
    "vocab_size": 49152,
}
MINICPM3_4B = {
    "model_type": "minicpm3",
    "hidden_size": 2560,
    "intermediate_size": 6400,
    "num_attention_heads": 40,
    "num_hidden_layers": 62,
    "num_key_value_heads": 40,
    "q_lora_rank": 768,
    "kv_lora_rank": 256,
    "qk_nope_head_dim": 64,
    "qk_rope_head_dim": 32,
    "vocab_size": 73448,
}
GLM_4_5_AIR = {
    "model_type": "glm4_moe",
    "hidden_size": 4096,
    "intermediate_size": 10944,
    "moe_intermediate_size": 1408,
    "num_attention_heads": 96,
    "num_hidden_layers": 46,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "n_routed_experts": 128,
    "n_shared_experts": 1,
    "num_experts_per_tok": 8,
    "first_k_dense_replace": 1,
    "attention_bias": True,
    "partial_rotary_factor": 0.5,
    "vocab_size": 151552,
}


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (OPT_6_7B, 6_658_473_984),
        (GPT_J_6B, 6_050_882_784),
        (STARCODER2_7B, 7_173_923_840),
        (MINICPM3_4B, 4_073_875_968),
        (GLM_4_5_AIR, 106_852_245_504),
        (FALCON_7B, 6_921_720_704),
        (FALCON_40B, 41_303_293_952),
        (BLOOM_7B1, 7_069_016_064),
        (LLAMA, 8_030_261_248),
        (GPT_OSS, 20_914_757_184),
        (DEEPSEEK_V3, 671_026_404_352),
        (QWEN_3_MOE, 30_532_122_624),
        (GEMMA_3_4B, 3_880_263_168),
    ],
)
def test_the_count_is_what_the_makers_state(config, parameters):
    model = read_config(config, "a name")
    assert parameter_count(model.architecture) == model.architecture.nominal_parameters == parameters
    assert model.architecture.name == "a name"


def test_what_is_not_counted_is_said():
    assert read_config(LLAMA).notes == ()
    assert read_config(GEMMA_3_4B | {"model_type": "gemma3n"}).notes == ((Note.VISION_NOT_COUNTED, "gemma3n"),)
    assert [note for note, _ in read_config(DEEPSEEK_V3).notes] == [Note.PREDICTION_HEADS]
    assert read_config(LLAMA | {"loop_layers": 3, "b": 1}).notes == ((Note.UNKNOWN_KEYS, "b, loop_layers"),)
    assert read_config(LLAMA | {"mlp_bias": True}).notes == ((Note.NOT_MODELLED, "mlp_bias"),)
    assert read_config(OPT_6_7B | {"enable_bias": False}).notes == ((Note.NOT_MODELLED, "enable_bias"),)


@pytest.mark.parametrize(
    ("kind", "outer", "inner", "tied"),
    [
        ("sees", None, None, True),
        ("sees", None, False, False),
        ("sees", True, False, True),
        ("sees", False, True, False),
        ("llava", False, True, True),
    ],
)
def test_the_configuration_around_a_text_model_says_whether_its_output_is_its_embedding(kind, outer, inner, tied):
    def stated(value):
        return {} if value is None else {"tie_word_embeddings": value}

    config = {"model_type": kind, "text_config": {**GEMMA_3_4B["text_config"], **stated(inner)}, **stated(outer)}
    assert read_config(config).architecture.tie_word_embeddings is tied


def compressed(**weights):
    """As compressed-tensors writes it."""
    groups = {"group_0": {"targets": ["Linear"], "weights": weights, "input_activations": None}}
    return {"quant_method": "compressed-tensors", "config_groups": groups, "ignore": ["lm_head", "re:.*mlp.gate$"]}


@pytest.mark.parametrize("key", ["num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules"])
def test_heads_that_predict_tokens_ahead_are_a_number(key):
    model = read_config(LLAMA | {key: 2})
    assert model.architecture.num_nextn_predict_layers == 2
    layer = 4096 * (2 * 4096 + 2 * 1024 + 3 * 14_336) + 2 * 4096
    assert model.notes == ((Note.PREDICTION_HEADS, f"{2 * (layer + 2 * 4096**2 + 3 * 4096):,}"),)
    assert parameter_count(model.architecture) == parameter_count(read_config(LLAMA).architecture)
    with pytest.raises(ConfigError):
        read_config(LLAMA | {key: 1000})


@pytest.mark.parametrize(
    ("quantization", "weights"),
    [
        ({"quant_method": "gptq", "bits": 4}, Format.GPTQ_INT4),
        ({"quant_method": "gptq", "bits": 8}, Format.GPTQ_INT8),
        ({"quant_method": "awq", "bits": 4}, Format.AWQ_INT4),
        ({"quant_method": "fp8"}, Format.FP8),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, Format.FP8_BLOCK),
        ({"quant_method": "mxfp4"}, Format.MXFP4),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, Format.INT8),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, Format.FP4),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, Format.NF4),
        (
            {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True},
            Format.NF4_DOUBLE,
        ),
        ({"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, Format.NF4),
        ({"quant_method": "fbgemm_fp8", "modules_to_not_convert": ["lm_head"]}, Format.FP8),
        ({"quant_method": "auto-round", "bits": 4, "group_size": 128}, Format.GPTQ_INT4),
        ({"quant_method": "eetq"}, Format.INT8),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, Format.NVFP4),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, Format.FP8),
        (compressed(num_bits=8, type="float", strategy="channel"), Format.FP8),
        (compressed(num_bits=8, type="float", strategy="block"), Format.FP8_BLOCK),
        (compressed(num_bits=8, type="int", strategy="channel"), Format.INT8),
        (compressed(num_bits=8, type="int", strategy="group", group_size=128), Format.GPTQ_INT8),
        (compressed(num_bits=4, type="int", strategy="group", group_size=128), Format.GPTQ_INT4),
        (compressed(num_bits=4, type="float", strategy="tensor_group", group_size=16), Format.NVFP4),
        (compressed(num_bits=4, type="float", strategy="group", group_size=32), Format.MXFP4),
    ],
)
def test_the_format_of_the_checkpoint(quantization, weights):
    model = read_config(LLAMA | {"quantization_config": quantization})
    assert model.weights is weights
    assert model.notes == ()


@pytest.mark.parametrize(
    "quantization", [{"quant_method": "gptq", "bits": 3}, {"quant_method": "new"}, {"quant_method": "bitsandbytes"}, 4]
)
def test_a_format_that_is_not_known_is_said(quantization):
    model = read_config(LLAMA | {"quantization_config": quantization})
    assert model.weights is None
    assert [note for note, _ in model.notes] == [Note.QUANTIZATION_UNKNOWN]


@pytest.mark.parametrize(
    ("quantization", "weights", "said"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 32}, Format.GPTQ_INT4, "group_size 32"),
        (compressed(num_bits=4, type="int", strategy="group", group_size=32), Format.GPTQ_INT4, "group_size 32"),
        ({"quant_method": "awq", "bits": 4, "modules_to_not_convert": ["self_attn"]}, Format.AWQ_INT4, "modules_to_not_convert"),
        (compressed(num_bits=8, type="float") | {"ignore": ["re:.*self_attn.*"]}, Format.FP8, "ignore"),
    ],
)
def test_what_a_quantization_has_beside_its_format_is_said(quantization, weights, said):
    model = read_config(LLAMA | {"quantization_config": quantization})
    assert (model.weights, model.notes) == (weights, ((Note.NOT_MODELLED, said),))


def test_a_quantization_may_be_stated_within():
    inner = GEMMA_3_4B["text_config"] | {"quantization_config": {"quant_method": "fp8"}}
    assert read_config(GEMMA_3_4B | {"text_config": inner}).weights is Format.FP8


def sliding(config: dict) -> tuple[int, int]:
    architecture = read_config(config).architecture
    return architecture.sliding_window, architecture.num_sliding_layers


def test_which_layers_slide():
    small = LLAMA | {"num_hidden_layers": 24, "sliding_window": 512}
    assert sliding(small) == (0, 0), "Llama has no window"
    assert sliding(small | {"model_type": "mistral"}) == (512, 24)
    assert sliding(small | {"model_type": "mistral", "sliding_window": None}) == (0, 0)
    assert sliding(small | {"model_type": "qwen2"}) == (0, 0), "unless it is told to use it"
    assert sliding(small | {"model_type": "qwen2", "use_sliding_window": True, "max_window_layers": 20}) == (512, 4)
    assert sliding(small | {"model_type": "gemma2"}) == (512, 12)
    assert sliding(small | {"model_type": "gemma3_text"}) == (512, 20)
    assert sliding(small | {"model_type": "cohere2"}) == (512, 18)
    assert sliding(small | {"model_type": "ministral", "layer_types": ["sliding_attention", "full_attention"] * 12}) == (512, 12)
    assert sliding(GPT_OSS) == (128, 12)


def test_every_second_layer_of_llama_4_maverick_has_experts():
    experts = {"model_type": "llama4_text", "num_local_experts": 128, "num_experts_per_tok": 1, "interleave_moe_layer_step": 2}
    sizes = {"hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "num_hidden_layers": 48, "vocab_size": 202048}
    maverick = read_config(LLAMA | experts | sizes | {"num_attention_heads": 40, "head_dim": 128}).architecture
    assert (maverick.num_moe_layers, parameter_count(maverick)) == (24, 400_711_848_960)


def test_families_with_choices_of_their_own():
    olmoe = {"model_type": "olmoe", "num_experts": 64, "num_experts_per_tok": 8, "intermediate_size": 1024}
    assert read_config(LLAMA | olmoe).architecture.router is Router.SOFTMAX_UNNORMALIZED
    assert read_config(LLAMA | olmoe | {"norm_topk_prob": True}).architecture.router is Router.SOFTMAX_16_BIT
    assert read_config(LLAMA | {"model_type": "glm", "head_dim": 128}).architecture.rotary_dim == 64
    neox = read_config(LLAMA | {"model_type": "gpt_neox", "num_key_value_heads": 32}).architecture
    assert neox.rotary_dim == 32
    assert read_config(LLAMA | {"model_type": "glm4", "partial_rotary_factor": 0.5}).architecture.rotary_dim == 64
    assert read_config(LLAMA | {"attention_bias": True}).architecture.attention_bias
    qwen = QWEN_3_MOE | {"model_type": "qwen2_moe", "shared_expert_intermediate_size": 100}
    assert read_config(qwen).architecture.router is Router.SOFTMAX_UNNORMALIZED
    assert read_config(qwen | {"norm_topk_prob": True}).architecture.router is Router.SOFTMAX_16_BIT
    experts = {"num_local_experts": 16, "num_experts_per_tok": 1, "intermediate_size": 8192}
    scout = read_config(LLAMA | experts | {"model_type": "llama4_text", "num_hidden_layers": 8}).architecture
    assert (scout.num_unrotated_layers, scout.num_sliding_layers, scout.shared_expert_intermediate_size) == (2, 6, 8192)
    phi = read_config(LLAMA | experts | {"model_type": "phimoe", "attention_bias": True, "lm_head_bias": True}).architecture
    assert phi.head_bias
    assert phi.attention_bias
    assert read_config(LLAMA | experts | {"model_type": "mixtral"}).architecture.num_experts == 16
    gpt2 = {"model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257}
    assert parameter_count(read_config(gpt2).architecture) == 124_439_808


@pytest.mark.parametrize(
    ("config", "problem", "detail"),
    [
        ([], ConfigProblem.NO_MODEL, "object"),
        ({"hidden_size": 4}, ConfigProblem.NO_MODEL, "model_type"),
        ({"model_type": 7}, ConfigProblem.NO_MODEL, "model_type"),
        ({"model_type": "bert"}, ConfigProblem.ENCODER, "bert"),
        ({"model_type": "newbert"}, ConfigProblem.ENCODER, "newbert"),
        ({"model_type": "new", "architectures": ["NewForMaskedLM"]}, ConfigProblem.ENCODER, "new"),
        ({"model_type": "t5"}, ConfigProblem.ENCODER_DECODER, "t5"),
        ({"model_type": "another", "is_encoder_decoder": True}, ConfigProblem.ENCODER_DECODER, "another"),
        ({"model_type": "clip", "text_config": {"model_type": "clip_text_model"}}, ConfigProblem.OF_PICTURES, "clip"),
        ({"model_type": "florence", "text_config": {"model_type": "bart"}}, ConfigProblem.ENCODER_DECODER, "bart"),
        ({"model_type": "glm4v_vision"}, ConfigProblem.OF_PICTURES, "glm4v_vision"),
        ({"model_type": "whisper"}, ConfigProblem.OF_SOUND, "whisper"),
        ({"model_type": "hears", "audio_config": {}, "text_config": LLAMA}, ConfigProblem.OF_SOUND, "hears"),
        ({"_class_name": "FluxPipeline", "_diffusers_version": "0.30"}, ConfigProblem.DIFFUSION, "FluxPipeline"),
        ({"model_type": "timesfm"}, ConfigProblem.OUT_OF_SCOPE, "timesfm"),
        ({"model_type": "rw\nkv"}, ConfigProblem.FAMILY_UNKNOWN, "rwkv"),
        ({"model_type": "llama"}, ConfigProblem.BAD_SIZE, "num_attention_heads"),
        (LLAMA | {"hidden_size": "4096"}, ConfigProblem.BAD_SIZE, "hidden_size"),
        (LLAMA | {"hidden_size": True}, ConfigProblem.BAD_SIZE, "hidden_size"),
        (LLAMA | {"hidden_size": -1}, ConfigProblem.BAD_SIZE, "hidden_size"),
        (LLAMA | {"num_hidden_layers": 10**30}, ConfigProblem.BAD_SIZE, "num_hidden_layers"),
        (LLAMA | {"num_key_value_heads": 7}, ConfigProblem.CONTRADICTION, "multiple"),
        (DEEPSEEK_V3 | {"n_routed_experts": 0}, ConfigProblem.BAD_SIZE, "num_experts"),
        (DEEPSEEK_V3 | {"kv_lora_rank": 0}, ConfigProblem.BAD_SIZE, "kv_lora_rank"),
        (QWEN_3_MOE | {"decoder_sparse_step": 2}, ConfigProblem.NOT_MODELLED, "decoder_sparse_step"),
        (OPT_6_7B | {"do_layer_norm_before": False}, ConfigProblem.NOT_MODELLED, "do_layer_norm_before"),
        (OPT_6_7B | {"word_embed_proj_dim": 512}, ConfigProblem.NOT_MODELLED, "word_embed_proj_dim"),
        (FALCON_7B | {"alibi": True}, ConfigProblem.NOT_MODELLED, "alibi"),
        (FALCON_7B | {"multi_query": False}, ConfigProblem.NOT_MODELLED, "multi_query"),
        (DEEPSEEK_V3 | {"moe_layer_freq": 2}, ConfigProblem.NOT_MODELLED, "moe_layer_freq"),
        (LLAMA | {"model_type": "cohere", "use_qk_norm": True}, ConfigProblem.NOT_MODELLED, "use_qk_norm"),
    ],
)
def test_what_cannot_be_taken_is_said(config, problem, detail):
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    assert caught.value.problem is problem
    assert detail in caught.value.detail
    assert "\n" not in str(caught.value)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@given(
    st.sampled_from(
        [LLAMA, GPT_OSS, DEEPSEEK_V3, QWEN_3_MOE, GEMMA_3_4B, GEMMA_3_4B["text_config"], FALCON_40B, BLOOM_7B1, OPT_6_7B, GPT_J_6B]
    ),
    st.sampled_from(["llama", "llama4_text", "gemma2", "phi3", "mixtral", "qwen2", "cohere2", None]),
    st.lists(st.tuples(st.integers(0, 40), VALUES), max_size=4),
)
def test_whatever_it_holds_it_is_a_model_or_a_complaint(config, kind, changes):
    keys = sorted(config)
    changed = config | {keys[place % len(keys)]: value for place, value in changes}
    if kind is not None:
        changed["model_type"] = kind
    try:
        model = read_config(changed)
    except ConfigError:
        return
    assert isinstance(model.architecture, Architecture)
    assert parameter_count(model.architecture) > 0
