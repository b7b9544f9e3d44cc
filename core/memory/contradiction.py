"""Sizes that cannot be of one model, or of one run, together."""

from enum import StrEnum


class Contradiction(StrEnum):
    KEY_VALUE_HEADS = "key_value_heads"
    """Each key and value head serves as many queries."""
    EXPERTS_PER_TOKEN = "experts_per_token"
    """A token goes through one expert at least, and through no more than there are."""
    EXPERT_WIDTH = "expert_width"
    LATENT_WIDTHS = "latent_widths"
    """Latent attention has the widths of what it makes of a latent."""
    WINDOW = "window"
    """A window and layers that have it go together."""
    LAYERS_WITHOUT_MIXER = "layers_without_mixer"
    """Where layers have no attention, or no MLP, they have a mixer."""
    MIXER_LAYERS = "mixer_layers"
    """No more layers can be so than there are."""
    MLP_LAYERS = "mlp_layers"
    """Either each layer with a mixer or attention has an MLP, or none has."""
    MIXER_SIZES = "mixer_sizes"
    """Each mixer has sizes that it cannot be without."""
    LINEAR_HEADS = "linear_heads"
    """Each key head of a gated delta net serves as many value heads."""
    RUN_TOTALS = "run_totals"
    """Where layers differ in shape, runs of alike ones add up to all layers of their kind."""
    RUN_PIECES = "run_pieces"
    """Layers that differ in shape are not known together with every piece."""
    RUN_BLOCKS = "run_blocks"
    """A layer without attention has no window and no shared keys; where attention or MLP can be missing, each has a norm of its own."""
    EXPERT_PARALLEL = "expert_parallel"
    """Experts are spread over GPUs of one pipeline stage."""
    STAGES_NAMED = "stages_named"
    CARDS_NAMED = "cards_named"


class ContradictionError(ValueError):
    """Which contradiction it is, and the ``sizes`` that make it."""

    def __init__(self, contradiction: Contradiction, **sizes: int) -> None:
        self.contradiction = contradiction
        self.sizes = ", ".join(f"{name} {size}" for name, size in sizes.items())
        super().__init__(f"{_ENGLISH[contradiction]} ({self.sizes})")


_ENGLISH = {
    Contradiction.KEY_VALUE_HEADS: "num_attention_heads is not a multiple of num_key_value_heads",
    Contradiction.EXPERTS_PER_TOKEN: "num_experts_per_tok is not between 1 and num_experts",
    Contradiction.EXPERT_WIDTH: "moe_intermediate_size is missing",
    Contradiction.LATENT_WIDTHS: "latent attention asks for qk_nope_head_dim, qk_rope_head_dim and v_head_dim",
    Contradiction.WINDOW: "sliding_window and num_sliding_layers go together, and no more layers can slide than there are",
    Contradiction.LAYERS_WITHOUT_MIXER: "layers without attention or MLP ask for a mixer",
    Contradiction.MIXER_LAYERS: "more layers have a mixer, or no attention, than there are",
    Contradiction.MLP_LAYERS: "either each layer with a mixer or attention has an MLP, or none has",
    Contradiction.MIXER_SIZES: "a size of the mixer is missing",
    Contradiction.LINEAR_HEADS: "linear_num_value_heads is not a multiple of linear_num_key_heads, or heads have no width",
    Contradiction.RUN_TOTALS: "layer_runs does not add up to the layers of a kind",
    Contradiction.RUN_PIECES: "layers that differ in shape are not modelled with mixers, latents, experts or rotation in some layers",
    Contradiction.RUN_BLOCKS: "a layer without attention or MLP slides or shares keys, or its norm is for both",
    Contradiction.EXPERT_PARALLEL: "expert_parallel_size is more than the GPUs that one pipeline stage has",
    Contradiction.STAGES_NAMED: "layers_per_stage names another number of stages",
    Contradiction.CARDS_NAMED: "gpus names another number of cards",
}
