"""Renew ``tests/core/catalogue/counted_configs.jsonl``: configurations as transformers writes them, and how many parameters its code makes.

    python packaging/count_configs.py     where torch and transformers are installed; nothing is downloaded, no weight is allocated

For each type of model that is read there is the configuration of its class, and one for each switch of it that changes the count. The
test beside the file reads them without either package.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.catalogue.hf_config import FAMILIES  # noqa: E402
from core.catalogue.vision import TOWERS  # noqa: E402

COUNTED = ROOT / "tests" / "core" / "catalogue" / "counted_configs.jsonl"
LAYERS = 8
#: What classes leave open, without which their code makes no model.
NEEDED: dict[str, dict[str, Any]] = {"deepseek_v2": {"num_experts_per_tok": 6}, "ministral": {"head_dim": 128, "sliding_window": 4096}}
NEEDED["nemotron_h"] = {"layers_block_type": ["linear_attention", "mlp", "linear_attention", "full_attention", "mlp"]}
NEEDED["lfm2_moe"] = {"num_hidden_layers": LAYERS, "layer_types": ["conv", "full_attention"] * (LAYERS // 2)}
NEEDED["kimi_linear"] = {"num_local_experts": 16}
NEEDED["hunyuan_v1_dense"] = {"head_dim": 128}
NEEDED["dots1"] = {"n_routed_experts": 16, "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1}
NEEDED["ernie4_5_moe"] = {"moe_layer_end_index": LAYERS - 1}
NEEDED["hunyuan_v1_moe"] = {"head_dim": 128, "num_experts": 8, "moe_topk": 2}
NEEDED["gemma3n_text"] = {"num_kv_shared_layers": 3}
NEEDED["gemma4_text"] = {"num_kv_shared_layers": 2, "num_experts": 4, "top_k_experts": 2, "moe_intermediate_size": 64}
#: Switches that say nothing about the shape of a decoder.
PASSED_OVER = {"is_decoder", "add_cross_attention", "is_encoder_decoder", "use_cache"}


def count(config: Any, auto: Any) -> int:
    """Parameters that the code makes of ``config``."""
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in auto.from_config(config).parameters())


def rows(kind: str, cls: Any, auto: Any) -> Iterator[dict[str, Any]]:
    """Of a type: the configuration of its class with few layers, and each switch that changes the count."""
    needed = NEEDED.get(kind, {})
    whole = json.loads(cls(**needed).to_json_string(use_diff=False))
    layers = next((key for key in ("num_hidden_layers", "n_layer") if isinstance(whole.get(key), int)), None)
    base = needed | ({layers: LAYERS} if layers else {})
    switches = [key for key, value in whole.items() if isinstance(value, bool) and key not in PASSED_OVER]
    if isinstance(whole.get("num_key_value_heads"), int) and whole["num_key_value_heads"] > 1:
        switches.append("num_key_value_heads")
    usual = None
    for switch in (None, *switches):
        changed = {} if switch is None else {switch: whole[switch] // 2 if switch == "num_key_value_heads" else not whole[switch]}
        try:
            config = cls(**base | changed)
            parameters = count(config, auto)
        except Exception as error:  # a combination that the code does not know
            print(f"{kind} {changed}: {type(error).__name__}", file=sys.stderr)
            continue
        if switch is None or parameters != usual:
            yield {"changed": switch, "parameters": parameters, "config": json.loads(config.to_json_string(use_diff=True))}
        usual = parameters if switch is None else usual


def main() -> int:
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    made = []
    for kind in sorted({*FAMILIES} & {*MODEL_FOR_CAUSAL_LM_MAPPING_NAMES} | {*TOWERS} & {*CONFIG_MAPPING}):
        auto = transformers.AutoModelForImageTextToText if kind in TOWERS else transformers.AutoModelForCausalLM
        made += rows(kind, CONFIG_MAPPING[kind], auto)
    COUNTED.write_text("".join(json.dumps(row, sort_keys=True) + "\n" for row in made), encoding="utf-8")
    print(f"{len(made)} configurations of {len({row['config']['model_type'] for row in made})} types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
