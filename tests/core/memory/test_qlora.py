"""QLoRA against published runs. Source: foundation-model-stack/fms-acceleration benchmarks, A100 80 GB, Mistral-7B,
bitsandbytes 4-bit as PEFT prepares it, r = 16 on q, k, v, o, gradient checkpointing, 4096 tokens: torch's peak,
nvidia-smi's reading, torch's level at the end."""

import pytest

from core.memory import Architecture, Scenario, Task, estimate
from core.memory.edge import validated
from core.memory.units import GIB

MISTRAL_7B = Architecture(
    name="Mistral-7B-v0.1",
    nominal_parameters=7_000_000_000,
    hidden_size=4096,
    intermediate_size=14_336,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=8,
    head_dim=128,
    vocab_size=32_000,
)


@pytest.mark.parametrize(("batch_size", "torch_peak_gib", "process_gib"), [(4, 19.25, 25.44), (8, 34.46, 44.97)])
def test_measured_peaks(batch_size: int, torch_peak_gib: float, process_gib: float) -> None:
    scenario = validated(
        Scenario,
        architecture=MISTRAL_7B,
        task=Task.TRAINING,
        method="qlora",
        weights="int4",
        batch_size=batch_size,
        gradient_checkpointing=True,
        lora_target_modules=("q_proj", "k_proj", "v_proj", "o_proj"),
    )
    found = estimate(scenario)
    assert found.readings.allocated_bytes / GIB == pytest.approx(torch_peak_gib, rel=0.08)
    assert found.readings.process_bytes / GIB == pytest.approx(process_gib, rel=0.10)
    assert found.moments[-1].stack.readings.allocated_bytes / GIB == pytest.approx(4.01, rel=0.01)
