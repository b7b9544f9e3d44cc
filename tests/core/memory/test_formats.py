import pytest

from core.memory.formats import QUANTIZED, Format, compute_bytes, is_dequantized, matrix_bytes, unquantized_bytes_per_value

ROWS, COLUMNS = 11008, 4096
VALUES = ROWS * COLUMNS


@pytest.mark.parametrize(
    ("fmt", "size"),
    [
        ("fp64", 8 * VALUES),
        ("int64", 8 * VALUES),
        ("fp32", 4 * VALUES),
        ("int32", 4 * VALUES),
        ("bf16", 2 * VALUES),
        ("fp16", 2 * VALUES),
        ("fp8", VALUES),
        ("int8", VALUES + 4 * ROWS),
        ("int4", VALUES * 4 // 8 + VALUES // 128 * 20 // 8),
    ],
)
def test_a_matrix_takes_its_values_and_its_scales(fmt, size):
    assert matrix_bytes(Format(fmt), ROWS, COLUMNS) == size


def test_int4_is_4_156_bits_a_value():
    assert round(matrix_bytes(Format.INT4, ROWS, COLUMNS) * 8 / VALUES, 3) == 4.156


def test_an_unfinished_group_has_a_whole_scale():
    assert matrix_bytes(Format.INT4, 2, 129) == -(-2 * (129 * 4 + 2 * 20) // 8)


def test_bits_are_rounded_up_to_bytes_once():
    assert matrix_bytes(Format.INT4, 1, 1) == 3
    assert matrix_bytes(Format.INT4, 0, 4096) == 0


@pytest.mark.parametrize(
    ("fmt", "size"), [("int4", 2), ("int8", 2), ("fp8", 2), ("bf16", 2), ("fp16", 2), ("fp32", 4), ("fp64", 8), ("int32", 4)]
)
def test_embeddings_head_and_norms_stay_16_bit_under_quantization(fmt, size):
    assert unquantized_bytes_per_value(Format(fmt)) == size


@pytest.mark.parametrize(
    ("fmt", "size"), [("int4", 2), ("int8", 2), ("fp8", 2), ("bf16", 2), ("fp16", 2), ("fp32", 4), ("fp64", 8), ("int64", 2)]
)
def test_what_cannot_be_multiplied_with_computes_in_16_bits(fmt, size):
    assert compute_bytes(Format(fmt)) == size


def test_exactly_what_is_no_float_of_16_bits_or_more_is_dequantized():
    assert {fmt for fmt in Format if is_dequantized(fmt)} == QUANTIZED | {Format.INT32, Format.INT64}
