"""Byte units. GPUs are sold and reported in GiB; files, tables and the article count in GB."""

KIB = 2**10
MIB = 2**20
GIB = 2**30
GB = 10**9


def ceil_div(dividend: int, divisor: int) -> int:
    """Smallest integer not below ``dividend / divisor``; exact for ints of any size."""
    return -(-dividend // divisor)
