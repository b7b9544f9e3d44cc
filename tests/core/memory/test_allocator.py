from dataclasses import replace

from core.memory import Format, architecture_from_parameter_count
from core.memory.allocator import unsplit_bytes, unsplit_weight_bytes
from core.memory.units import MIB


def test_small_tensors_share_a_segment():
    assert unsplit_bytes(10 * MIB - 1) == 0


def test_a_short_end_stays_with_its_block_and_a_long_one_is_split_off():
    assert unsplit_bytes(43 * MIB) == MIB
    assert unsplit_bytes(43 * MIB - 1) == 0
    assert unsplit_bytes(44 * MIB) == 0


def test_every_large_matrix_of_the_model_has_its_own(llama_7b):
    narrow = replace(llama_7b, hidden_size=2048, intermediate_size=11008, head_dim=64, vocab_size=32_256)  # matrices of 43, 8 and 126 MiB
    assert unsplit_weight_bytes(narrow, Format.BF16) == 32 * 3 * MIB
    odd = replace(narrow, vocab_size=32_384)  # 126.5 MiB
    assert unsplit_weight_bytes(odd, Format.BF16) == 32 * 3 * MIB
    assert unsplit_weight_bytes(replace(odd, vocab_size=32_640), Format.BF16) == 32 * 3 * MIB + 2 * MIB // 2
    tied = replace(odd, vocab_size=32_640, tie_word_embeddings=True)
    assert unsplit_weight_bytes(tied, Format.BF16) == 32 * 3 * MIB + MIB // 2


def test_experts_count_as_none(llama_7b):
    experts = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 11008, "hidden_size": 2048, "vocab_size": 32_256}
    assert unsplit_weight_bytes(replace(llama_7b, head_dim=64, **experts), Format.BF16) == 0


def test_a_block_never_shrinks_with_its_tensor():
    blocks = [size + unsplit_bytes(size) for size in range(9 * MIB, 16 * MIB, 4096)]
    assert blocks == sorted(blocks)
    assert unsplit_weight_bytes(architecture_from_parameter_count(7 * 10**9), Format.INT4) >= 0
