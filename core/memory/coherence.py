"""Whether the sizes of a model with mixers, or of one whose layers differ, can be of one model together."""

from typing import TYPE_CHECKING

from core.memory.contradiction import Contradiction, ContradictionError
from core.memory.layer_run import Block
from core.memory.pieces import Mixer

if TYPE_CHECKING:
    from core.memory.architecture import Architecture


def check_mixer(arch: "Architecture") -> None:
    """Of the mixer and of how many layers have what. Raises ContradictionError."""
    layers = arch.num_hidden_layers
    if not 0 < arch.num_mixer_layers <= layers or arch.num_layers_without_attention > layers:
        arch.contradicts(Contradiction.MIXER_LAYERS, "num_mixer_layers", "num_layers_without_attention", "num_hidden_layers")
    if arch.num_layers_without_mlp and arch.mlp_layers != layers - arch.mixing_layers:
        arch.contradicts(
            Contradiction.MLP_LAYERS, "num_layers_without_mlp", "num_layers_without_attention", "num_mixer_layers", "num_hidden_layers"
        )
    needed = ["conv_kernel"]
    if arch.mixer in (Mixer.GATED_DELTA_NET, Mixer.KIMI_DELTA):
        heads, values = arch.linear_num_key_heads, arch.linear_num_value_heads
        if not (heads and values and arch.linear_key_head_dim and arch.linear_value_head_dim) or values % heads:
            arch.contradicts(
                Contradiction.LINEAR_HEADS,
                *("linear_num_value_heads", "linear_num_key_heads", "linear_value_head_dim", "linear_key_head_dim"),
            )
    elif arch.mixer is not Mixer.SHORT_CONV:
        needed += ["mamba_num_heads", "ssm_state_size"]
    if arch.mixer is Mixer.MAMBA2:
        needed += ["mamba_head_dim", "n_groups", "chunk_size"]
    elif arch.mixer is Mixer.MAMBA:
        needed += ["time_step_rank"]
    missing = [name for name in needed if not getattr(arch, name)]
    if missing:
        arch.contradicts(Contradiction.MIXER_SIZES, *missing)


def check_runs(arch: "Architecture") -> None:
    """Of the runs and of the sums that stand beside them. Raises ContradictionError."""
    if arch.mixer is not Mixer.NONE or arch.kv_lora_rank or arch.expert_layer_period > 1 or arch.num_unrotated_layers:
        arch.contradicts(Contradiction.RUN_PIECES, "num_mixer_layers", "kv_lora_rank", "expert_layer_period", "num_unrotated_layers")
    totals = {
        "num_hidden_layers": [run.layers for run in arch.layer_runs],
        "num_sliding_layers": [run.layers for run in arch.layer_runs if run.sliding],
        "num_kv_shared_layers": [run.layers for run in arch.layer_runs if run.kv_shared],
        "num_layers_without_attention": [run.layers for run in arch.layer_runs if run.attention is not Block.WHOLE],
        "num_layers_without_mlp": [run.layers for run in arch.layer_runs if run.mlp is not Block.WHOLE],
        "num_replaced_attentions": [run.layers for run in arch.layer_runs if run.attention is Block.LINEAR],
        "num_replaced_mlps": [run.layers for run in arch.layer_runs if run.mlp is Block.LINEAR],
    }
    wrong = [name for name, layers in totals.items() if getattr(arch, name) != sum(layers)]
    if wrong:
        arch.contradicts(Contradiction.RUN_TOTALS, *wrong)
    norm_for_both = arch.single_norm or arch.parallel_residual or arch.output_norms
    for run in arch.layer_runs:
        heads, groups = run.num_attention_heads or arch.num_attention_heads, run.num_key_value_heads or arch.num_key_value_heads
        if run.attention is Block.WHOLE and heads % groups:
            raise ContradictionError(Contradiction.KEY_VALUE_HEADS, num_attention_heads=heads, num_key_value_heads=groups)
        without_heads = run.attention is not Block.WHOLE and (run.kv_shared or run.sliding)
        half = not run.attention is run.mlp is Block.WHOLE
        if without_heads or (half and norm_for_both):
            arch.contradicts(Contradiction.RUN_BLOCKS, "num_layers_without_attention", "num_layers_without_mlp")
