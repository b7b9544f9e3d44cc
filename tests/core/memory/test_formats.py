import pytest

from core.memory.formats import (
    PRECISIONS,
    QUANTIZED,
    Format,
    compute_bytes,
    is_dequantized,
    matrix_bytes,
    plain,
    unquantized_bytes_per_value,
)

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


@pytest.mark.parametrize(
    ("fmt", "bits"),
    [
        ("nf4", 4.5),
        ("nf4-double", 4.126953125),
        ("fp4", 4.5),
        ("gptq-int4", 4.15625),
        ("gptq-int8", 8.1875),
        ("awq-int4", 4.15625),
        ("fp8-block", 8.001953125),
        ("mxfp4", 4.25),
        ("nvfp4", 4.5),
        ("q4_0", 4.5),
        ("q4_1", 5.0),
        ("q5_0", 5.5),
        ("q5_1", 6.0),
        ("q8_0", 8.5),
        ("q2_k", 2.625),
        ("q3_k", 3.4375),
        ("q4_k", 4.5),
        ("q5_k", 5.5),
        ("q6_k", 6.5625),
        ("iq1_s", 1.5625),
        ("iq1_m", 1.75),
        ("iq2_xxs", 2.0625),
        ("iq2_xs", 2.3125),
        ("iq2_s", 2.5625),
        ("iq3_xxs", 3.0625),
        ("iq3_s", 3.4375),
        ("iq4_nl", 4.5),
        ("iq4_xs", 4.25),
        ("tq1_0", 1.6875),
        ("tq2_0", 2.0625),
        ("ggml-mxfp4", 4.25),
        ("ggml-nvfp4", 4.5),
    ],
)
def test_bits_of_a_weight(fmt, bits):
    """As each format's own documentation or block struct has them."""
    values = 16384 * 4096
    assert matrix_bytes(Format(fmt), 16384, 4096) * 8 / values == bits


def test_every_format_has_a_precision_on_the_slider():
    assert {plain(fmt) for fmt in Format} == set(PRECISIONS)
    assert all(plain(fmt) is fmt for fmt in PRECISIONS)
    assert [plain(Format(fmt)).value for fmt in ("nf4", "gptq-int8", "fp8-block", "q6_k")] == ["int4", "int8", "fp8", "int8"]


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
