"""Keys of a model's configuration, read as what they must be."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from core.memory.contradiction import ContradictionError

Config = Mapping[str, Any]


class ConfigProblem(StrEnum):
    """Why a configuration is no model that can be estimated."""

    NO_MODEL = "no_model"
    """It is no configuration of a model."""
    ENCODER = "encoder"
    """A model that reads text, and writes none."""
    ENCODER_DECODER = "encoder_decoder"
    OF_PICTURES = "of_pictures"
    """A model of pictures, or the part of one that sees."""
    OF_SOUND = "of_sound"
    DIFFUSION = "diffusion"
    OUT_OF_SCOPE = "out_of_scope"
    """Another model that does not generate text."""
    FAMILY_UNKNOWN = "family_unknown"
    NOT_MODELLED = "not_modelled"
    """A known family, with something that is not modelled."""
    BAD_SIZE = "bad_size"
    CONTRADICTION = "contradiction"
    """Sizes that cannot be of one model together."""
    BAD_FILE = "bad_file"
    """A file of tensors that cannot be read."""
    CONFIG_MISSING = "config_missing"
    """A file of tensors without the configuration that says how many heads they make."""


class ConfigError(ValueError):
    """A configuration that is no model that can be estimated; ``detail`` is the family, the key, or what is wrong with a size."""

    def __init__(self, problem: ConfigProblem, detail: str, contradiction: ContradictionError | None = None) -> None:
        self.problem = problem
        self.contradiction = contradiction
        self.detail = "".join(character for character in detail if character.isprintable())[:200]
        super().__init__(_ENGLISH[problem].format(detail=self.detail))


_ENGLISH = {
    ConfigProblem.NO_MODEL: "not a model's config.json: {detail}",
    ConfigProblem.ENCODER: "{detail} is an encoder, which reads text and writes none; Fitting Room knows models that generate text",
    ConfigProblem.ENCODER_DECODER: "{detail} has an encoder before its decoder; Fitting Room knows models that are a decoder alone",
    ConfigProblem.OF_PICTURES: "{detail} is a model of pictures; Fitting Room knows models that generate text",
    ConfigProblem.OF_SOUND: "{detail} is a model of sound; Fitting Room knows models that generate text",
    ConfigProblem.DIFFUSION: "{detail} belongs to a diffusion model; Fitting Room knows models that generate text token by token",
    ConfigProblem.OUT_OF_SCOPE: "{detail} models do not generate text; Fitting Room knows those that do",
    ConfigProblem.FAMILY_UNKNOWN: "models of the type {detail} are not modelled yet; set the sizes by hand, or pick a similar model",
    ConfigProblem.NOT_MODELLED: "this model has something that is not modelled yet: {detail}",
    ConfigProblem.BAD_SIZE: "a size in this configuration cannot be: {detail}",
    ConfigProblem.CONTRADICTION: "sizes in this configuration contradict each other: {detail}",
    ConfigProblem.BAD_FILE: "this file of tensors cannot be read: {detail}",
    ConfigProblem.CONFIG_MISSING: "{detail} says nothing of heads and layers; put the model's config.json beside it",
}


def integer(config: Config, *keys: str, default: int | None = None) -> int:
    """The first of ``keys`` that is there, a whole number; else ``default``. Raises ConfigError."""
    for key in keys:
        value = config.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is not None:
            raise ConfigError(ConfigProblem.BAD_SIZE, key)
    if default is None:
        raise ConfigError(ConfigProblem.BAD_SIZE, keys[0])
    return default


#: What is read by one family or another, and what says nothing about memory.
KNOWN_KEYS = frozenset(
    """
    model_type architectures hidden_size n_embd intermediate_size n_inner num_hidden_layers n_layer num_attention_heads n_head
    num_key_value_heads head_dim vocab_size tie_word_embeddings max_position_embeddings n_positions n_ctx partial_rotary_factor rotary_pct
    sliding_window layer_types sliding_window_pattern use_sliding_window max_window_layers num_experts num_local_experts n_routed_experts
    num_experts_per_tok moe_intermediate_size shared_expert_intermediate_size n_shared_experts first_k_dense_replace norm_topk_prob
    moe_shared_expert_intermediate_size moe_latent_size moe_shared_expert_overlap
    kv_lora_rank q_lora_rank qk_nope_head_dim qk_rope_head_dim v_head_dim qk_head_dim attention_chunk_size no_rope_layers
    intermediate_size_mlp interleave_moe_layer_step no_rope_layer_interval moe_layers use_qk_norm attn_logit_softcapping
    final_logit_softcapping use_parallel_residual attention_bias mlp_bias decoder_sparse_step mlp_only_layers moe_layer_freq
    num_nextn_predict_layers num_mtp_modules mtp_num_hidden_layers mtp_use_dedicated_embeddings mtp_transformer_layers
    quantization_config text_config vision_config
    vision_start_token_id vision_end_token_id vision_token_id image_token_id video_token_id image_token_index mm_tokens_per_image
    boi_token_index eoi_token_index spatial_merge_size multimodal_projector_bias projector_hidden_act vision_feature_layer mrope_section
    torch_dtype dtype transformers_version use_cache bos_token_id eos_token_id pad_token_id hidden_act hidden_activation
    activation_function initializer_range rms_norm_eps layer_norm_eps layer_norm_epsilon layer_norm_bias rope_theta rope_scaling
    rope_parameters rope_local_base_freq rope_interleave rotary_emb_base attention_dropout hidden_dropout resid_pdrop embd_pdrop attn_pdrop
    full_attn_idxs conv_L_cache conv_bias conv_dim conv_dim_out conv_use_xavier_init block_dim block_ff_dim block_auto_adjust_ff_dim
    block_ffn_dim_multiplier block_multiple_of block_mlp_init_scale block_norm_eps block_out_init_scale block_use_swiglu
    block_use_xavier_init norm_eps use_pos_enc tie_embedding shared_intermediate_size position_embedding_type normalization_function
    init_method full_attention_interval
    linear_conv_kernel_dim linear_num_key_heads linear_num_value_heads linear_key_head_dim linear_value_head_dim
    mamba_d_ssm mamba_n_heads mamba_d_head mamba_n_groups mamba_d_state mamba_d_conv mamba_expand mamba_chunk_size mamba_conv_bias
    mamba_proj_bias mamba_norm_before_gate mamba_rms_norm mamba_use_mlp projectors_bias attn_layer_indices attn_layer_period
    attn_layer_offset expert_layer_period expert_layer_offset mamba_dt_rank use_mamba_kernels use_mambapy use_associative_scan
    num_heads state_size n_groups conv_kernel expand chunk_size time_step_rank use_bias use_conv_bias residual_in_fp32
    hybrid_override_pattern layers_block_type mamba_num_heads mamba_head_dim ssm_state_size time_step_min time_step_max time_step_floor
    time_step_limit time_step_scale time_step_init_scheme rescale_prenorm_residual rms_norm norm_before_gate mamba_hidden_act
    mlp_hidden_act mamba_ssm_cache_dtype mamba_ssm_dtype
    linear_a_log_min linear_a_log_max linear_dt_min linear_dt_max linear_dt_init_floor linear_allow_neg_eigval
    linear_attn_config linear_num_heads linear_head_dim mlp_layer_types model_max_length num_experts_per_token num_shared_experts
    moe_renormalize moe_router_activation_func num_expert_group use_grouped_topk mla_use_nope
    num_dense_layers use_expert_bias mtp_hybrid_override_pattern mtp_layers_block_type
    use_falcon_mambapy mixer_rms_eps num_logits_to_keep calc_logits_for_entire_prompt z_loss_coefficient lm_head_multiplier
    mlp_multipliers key_multiplier attention_out_multiplier attention_in_multiplier ssm_multipliers ssm_in_multiplier
    ssm_out_multiplier mlp_expansion_factor attn_rotary_emb hidden_size_per_head
    embd_layer_dropout classifier_dropout pretraining_tp auto_map output_router_logits router_aux_loss_coef router_jitter_noise
    input_jitter_noise aux_loss_alpha seq_aux scoring_func topk_method topk_group n_group routed_scaling_factor ep_size
    query_pre_attn_scalar cache_implementation logit_scale logits_scaling embedding_multiplier residual_multiplier attention_multiplier
    original_max_position_embeddings lm_head_bias swiglu_limit experts_per_token initial_context_length task_specific_params _name_or_path
    summary_type summary_use_proj summary_activation summary_proj_to_labels summary_first_dropout scale_attn_weights
    scale_attn_by_inverse_layer_idx reorder_and_upcast_attn model_name use_bidirectional_attention floor_scale attn_scale
    attn_temperature_tuning alibi bias parallel_attn num_kv_heads n_head_kv new_decoder_architecture num_ln_in_parallel_attn multi_query
    ffn_hidden_size activation slow_but_exact apply_residual_connection_post_layernorm seq_length do_layer_norm_before ffn_dim
    word_embed_proj_dim enable_bias layer_norm_elementwise_affine rotary_dim embedding_dropout residual_dropout use_bias dropout
    activation_dropout layerdrop clip_qkv scale_emb scale_depth dim_model_base use_sliding_window
    router_aux_loss return_dict output_attentions output_hidden_states is_decoder chunk_size_feed_forward
    id2label label2id is_encoder_decoder problem_type add_cross_attention swiglu_alpha _sliding_window_pattern qkv_bias
    _remove_final_layer_norm init_std norm_epsilon num_image_tokens d_inner
    mtp_layers_block_type moe_shared_expert_overlap
    moe_shared_expert_intermediate_size moe_latent_size
    qk_layernorm attention_softmax_in_fp32 scale_attention_softmax_in_fp32 moe_k moe_num_experts moe_num_shared_experts
    moe_layer_start_index moe_layer_end_index moe_layer_interval moe_norm_min moe_capacity moe_gate moe_use_aux_free mlp_layer_types
    use_routing_bias use_mtp mtp_transformer_layers mtp_num_hidden_layers mtp_use_dedicated_embeddings qk_norm_type
    attn_type_list use_qkv_bias attention_out_bias eod_token_id sep_token_id
    attention_k_eq_v global_head_dim num_global_key_value_heads per_layer_config use_double_wide_mlp enable_moe_block top_k_experts
    hidden_size_per_layer_input vocab_size_per_layer_input num_kv_shared_layers altup_num_inputs altup_active_idx altup_coef_clip
    altup_correct_scale altup_lr_multiplier laurel_rank activation_sparsity_pattern expert_intermediate_size
    vision_soft_tokens_per_image audio_soft_tokens_per_image audio_config
    image_seq_length downsample_ratio vision_feature_select_strategy llm_config mrope_interleaved attn_output_gate
    model_dim num_transformer_layers num_query_heads ffn_multipliers ffn_dim_divisor ffn_with_glu max_context_length rope_max_length
    rope_freq_constant share_input_output_layers normalize_qk_projections normalization_layer_name activation_fn_name qkv_multipliers
    num_gqa_groups block_configs num_key_value_heads_per_layer use_cla cla_share_factor moe_topk num_shared_expert use_mixed_mlp_moe
    moe_layer_num_skipped attention_head_dim use_mla capacity_factor moe_drop_tokens moe_random_routing_dropped_token
    group_limited_greedy norm_type use_rotary_pos_emb org_vocab_size add_classification_head class_num pool_type mask_init_id
    eod_token_id sep_token_id
    """.split()  # noqa: SIM905 -- a list of words
)
