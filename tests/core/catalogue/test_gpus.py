from dataclasses import replace

import pytest

from core.catalogue import find_gpu
from core.catalogue.gpus import find_reported
from core.memory import Gpu
from core.memory.runtime import cuda_context_bytes

GIB = 2**30


def named(gpus: tuple[Gpu, ...], query: str) -> Gpu:
    found = find_gpu(gpus, query)
    assert found is not None, query
    return found


def test_at_least_250_cards(gpus):
    assert len(gpus) >= 250


def test_from_laptops_of_4_gb_to_the_largest_accelerators(gpus):
    assert min(gpu.memory_bytes for gpu in gpus) == 4 * GIB
    assert {gpu.vendor for gpu in gpus} >= {"NVIDIA", "AMD", "Intel", "Apple", "Huawei", "Google", "Cambricon", "Moore Threads"}
    for name in ("RTX 3050 Laptop 4GB", "B200", "MI355X", "M4 Max 128GB", "M3 Ultra 512GB"):
        named(gpus, name)


@pytest.mark.parametrize(
    "query",
    ["RTX 4090 D", "4090D", "RTX 5090 D", "A800 80GB", "H800 80GB", "H20 96GB", "H20 141GB", "Ascend 910B 64GB", "Ascend 910B4 32GB"],
)
def test_cards_sold_in_china_are_there(gpus, query):
    named(gpus, query)


def test_every_row_states_its_sources(gpus):
    for gpu in gpus:
        assert len(gpu.source) > 10, gpu.name
        assert len(gpu.usable_source) > 10, gpu.name


def test_usable_memory_is_a_part_of_the_printed_memory(gpus):
    for gpu in gpus:
        # Unified memory is shared with the system; a card of its own keeps at least nine tenths for programs.
        unified = gpu.vendor == "Apple" or gpu.name.startswith(("Ryzen", "Jetson", "DGX Spark"))
        least = 0.45 if unified else 0.9
        assert least * gpu.memory_bytes < gpu.usable_bytes < gpu.memory_bytes, gpu.name


def test_usable_memory_is_what_runs_have_reported(gpus):
    reported_gib = {"RTX 4090": 23.64, "RTX 3080": 9.78, "H100": 79.11, "A100 80GB": 79.25, "V100 32GB": 31.74, "MI355X": 287.98}
    for name, gib in reported_gib.items():
        assert named(gpus, name).usable_bytes / GIB == pytest.approx(gib, abs=0.005), name
    assert named(gpus, "RTX 5090").usable_bytes == 33_677_180_928


def test_cards_count_memory_in_gib(gpus):
    assert named(gpus, "RTX 4090").memory_bytes == 24 * GIB
    assert named(gpus, "RTX A6000").memory_bytes == 48 * GIB


def test_bandwidths_and_years_are_plausible(gpus):
    for gpu in gpus:
        assert gpu.launch_year is not None, gpu.name
        assert 2016 <= gpu.launch_year <= 2026, gpu.name
        # Shown as GB/s: a slip of a factor of 1000 is far outside.
        assert gpu.bandwidth_bytes_per_second is None or 25e9 < gpu.bandwidth_bytes_per_second < 10e12, gpu.name


def test_rates_by_rule_are_those_the_makers_print(gpus):
    printed_tflops = {
        ("RTX 4090", "fp16"): 165.2,
        ("RTX 5090", "fp16"): 209.5,
        ("RTX 3090", "fp16"): 71.2,
        ("RTX A6000", "bf16"): 154.8,
        ("A100 80GB", "bf16"): 312,
        ("H100 (80GB SXM)", "fp8"): 1978.9,
        ("T4", "fp16"): 65.1,
        ("V100 32GB", "fp16"): 125,
        ("RX 7900 XTX", "fp16"): 122.8,
        ("RX 9070 XT", "fp8"): 389,
    }
    for (name, precision), tflops in printed_tflops.items():
        assert getattr(named(gpus, name).dense_flops_per_second, precision) / 1e12 == pytest.approx(tflops, rel=0.06), name


def test_most_cards_state_their_rates_and_narrower_is_not_slower(gpus):
    stated = [gpu for gpu in gpus if gpu.dense_flops_per_second is not None]
    assert len(stated) >= 250
    for gpu in stated:
        flops = gpu.dense_flops_per_second
        if flops.fp8 and flops.bf16:
            assert flops.fp8 >= flops.bf16, gpu.name
        if flops.fp16 and flops.bf16:
            assert flops.fp16 >= flops.bf16, gpu.name


@pytest.mark.parametrize("query", ["RTX A6000", "nvidia rtx a6000", "NVIDIA RTX A6000", "rtxa6000", "RTX-A6000", "NVIDIA  RTX_A6000"])
def test_names_match_as_people_type_them(gpus, query):
    assert named(gpus, query).name == "RTX A6000"


@pytest.mark.parametrize(
    ("reported", "name"),
    [
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 4090 D", "RTX 4090 D"),
        ("NVIDIA GeForce RTX 4070 Laptop GPU", "RTX 4070 Laptop"),
        ("Tesla T4", "T4"),
        ("AMD Instinct MI300X", "MI300X"),
        ("AMD Radeon RX 7900 XTX", "RX 7900 XTX"),
        ("Radeon PRO W7900", "Radeon PRO W7900"),
        ("NVIDIA H800", "H800 (80GB)"),
        ("4090", "RTX 4090"),
        ("NVIDIA A6000", "RTX A6000"),
        ("geforce rtx4090", "RTX 4090"),
        ("NVIDIA RTX4090", "RTX 4090"),
        ("6000 Ada", "RTX 6000 Ada"),
    ],
)
def test_product_lines_do_not_matter(gpus, reported, name):
    assert named(gpus, reported).name == name


@pytest.mark.parametrize("query", ["H100", "H100 SXM", "h100-80gb", "NVIDIA H100 (80GB SXM)", "H100 80GB SXM"])
def test_remarks_in_parentheses_can_be_left_out(gpus, query):
    assert named(gpus, query).name == "H100 (80GB SXM)"


@pytest.mark.parametrize("query", ["", " ", "()", "NVIDIA", "GeForce", "RTX", "A100", "AMD RTX 4090", "RTX 4090 Ti Ultra", "4" * 10**6])
def test_other_names_match_nothing(gpus, query):
    assert find_gpu(gpus, query) is None


def test_every_name_leads_to_its_own_row(gpus):
    for gpu in gpus:
        assert find_gpu(gpus, gpu.name) is gpu, gpu.name
        assert find_gpu(gpus, f"{gpu.vendor} {gpu.name}".upper()) is gpu, gpu.name


def test_a_long_remark_does_not_stall_the_search(gpus):
    wordy = replace(gpus[0], name="Card (" + "a " * 90 + ")")
    assert find_gpu((wordy,), "Card") is wordy
    assert find_gpu((wordy,), "Card a a") is wordy


@pytest.mark.parametrize(
    ("reported", "gib", "name"),
    [
        ("NVIDIA GeForce RTX 4090", 23.99, "RTX 4090"),
        ("NVIDIA GeForce RTX 4070 Laptop GPU", 8, "RTX 4070 Laptop"),
        ("NVIDIA GeForce RTX 3080", 10, "RTX 3080 (10GB)"),
        ("NVIDIA GeForce RTX 3080", 12, "RTX 3080 12GB"),
        ("NVIDIA GeForce RTX 4060 Ti", 16, "RTX 4060 Ti 16GB"),
        ("NVIDIA H100 80GB HBM3", 79.6, "H100 (80GB SXM)"),
        ("NVIDIA H100 PCIe", 79.6, "H100 PCIe (80GB)"),
        ("NVIDIA H200", 140.4, "H200 (141GB)"),
        ("NVIDIA A100-SXM4-80GB", 80, "A100 80GB"),
        ("NVIDIA A100 80GB PCIe", 80, "A100 PCIe 80GB"),
        ("NVIDIA A100-SXM4-40GB", 40, "A100 40GB"),
        ("Tesla V100-SXM2-16GB", 16, "V100 16GB"),
        ("Tesla T4", 15, "T4"),
        ("NVIDIA RTX 6000 Ada Generation", 47.99, "RTX 6000 Ada"),
        ("NVIDIA L40S", 45, "L40S"),
        ("NVIDIA B200", 179, "B200 (180GB)"),
    ],
)
def test_names_that_drivers_report(gpus, reported, gib, name):
    found = find_reported(gpus, reported, round(gib * GIB))
    assert found is not None
    assert found.name == name


def test_a_reported_name_with_other_memory_is_no_known_card(gpus):
    assert find_reported(gpus, "NVIDIA GeForce RTX 4090", 48 * GIB) is None
    assert find_reported(gpus, "", GIB) is None


@pytest.mark.parametrize(
    ("card", "mib"), [("RTX 3090", 256), ("RTX 4090", 384), ("RTX 6000 Ada", 426), ("H100 (80GB SXM)", 520), ("TITAN V", 319)]
)
def test_multiprocessors_make_the_contexts_that_were_measured(gpus, card, mib):
    """Bare CUDA contexts as published; without torch on the TITAN V."""
    assert cuda_context_bytes(named(gpus, card).resident_threads or 0) / 2**20 == pytest.approx(mib, rel=0.045)


def test_only_nvidias_cards_have_them(gpus):
    assert all(gpu.vendor == "NVIDIA" for gpu in gpus if gpu.resident_threads)
    assert sum(gpu.resident_threads is not None for gpu in gpus) > 150
