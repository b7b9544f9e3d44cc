"""How good the estimate is: each record predicted as it was measured, errors by kind."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from core.evidence import exact, published
from core.evidence.parallel_runs import context_beyond, framework_of, is_on_several, is_training_on_several, stated_device, sum_over
from core.evidence.records import Line, UnsupportedError, read_lines
from core.memory import FitStatus, RefusedError, Scenario, estimate, judge
from core.memory.calibration import Calibration, bounds, bounds_without_context, kind_of_run


@dataclass(frozen=True, slots=True)
class Row:
    """One record's outcome. Bytes; ``error_pct`` is signed, predicted over measured."""

    id: str | int
    kind: str
    supported: bool
    reason: str = ""
    reading: str | None = None
    predicted_bytes: int | None = None
    low_bytes: int | None = None
    high_bytes: int | None = None
    measured_bytes: int | None = None
    error_pct: float | None = None
    fit: str | None = None
    moments: dict[str, dict[str, int]] = field(default_factory=dict)
    parts: dict[str, list[float]] = field(default_factory=dict)
    """Of an exact row, by how much of a moment's peak each part is off, moment by moment."""
    run: str | None = None
    """Kind of run whose measured total this is."""
    model: str = ""
    context_bytes: int = 0
    """Of ``predicted_bytes``, what is the CUDA context."""
    one_gpu: bool = True
    """Whether it is of one GPU: not of several, nor of a host without one."""
    false_fits: int = 0
    """Cards whose usable memory is below the measurement and that the estimate calls FITS."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What verdicts are made with: the calibration, and the usable bytes of the cards people have."""

    calibration: Calibration | None = None
    cards: tuple[int, ...] = ()


def score_files(paths: Iterable[Path], yardstick: Yardstick | None = None) -> list[Row]:
    """A row for every record of ``paths``, in order. Raises EvidenceFileError."""
    return list(score_each(paths, yardstick))


def score_each(paths: Iterable[Path], yardstick: Yardstick | None = None) -> Iterator[Row]:
    """The same, one at a time."""
    by = yardstick or Yardstick()
    return (replace(_score(line, by), one_gpu=_is_on_one_gpu(line.record)) for path in paths for line in read_lines(path))


def _percent(predicted: int, measured: int) -> float:
    return 100 * (predicted - measured) / measured


def _score(line: Line, by: Yardstick) -> Row:
    if line.record is None:
        return Row(line.number, "unreadable", supported=False, reason=line.problem)
    record = line.record
    try:
        if exact.is_exact(record):
            return _score_exact(line.number, record, by)
        return _score_published(record, by)
    except RefusedError as error:
        reason = f"refused: {error.refusal.reason.value}"
    except UnsupportedError as error:
        reason = str(error)
    except KeyError as error:
        reason = f"{str(error)[:100]} is missing"
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:  # pydantic's errors are ValueErrors
        reason = " ".join(str(error).split())[:200] or type(error).__name__
    return Row(_id(line), _kind(record), supported=False, reason=reason)


def _id(line: Line) -> str | int:
    name = (line.record or {}).get("id")
    return name if isinstance(name, str) else line.number


def _kind(record: Mapping[str, Any]) -> str:
    if exact.is_exact(record):
        return f"exact {str(record['mode'])[:20]}"
    measured = record.get("measured")
    component = measured.get("component", "?") if isinstance(measured, dict) else "?"
    if record.get("task") == "training" and component == "total" and is_on_several(record):
        return "training total, several GPUs"
    return f"{str(record.get('task', '?'))[:20]} {str(component).partition(' (')[0][:40]}"


def _score_exact(number: int, record: Mapping[str, Any], by: Yardstick) -> Row:
    found = exact.predict(record)
    row = Row(
        number,
        _kind(record),
        supported=True,
        reading="allocated",
        predicted_bytes=found.predicted_bytes,
        measured_bytes=found.measured_bytes,
        error_pct=_percent(found.predicted_bytes, found.measured_bytes),
        moments=found.moments,
        parts=found.parts,
    )
    return _with_band(row, found.scenario, by)


def _score_published(record: Mapping[str, Any], by: Yardstick) -> Row:
    name, kind = str(record["id"]), _kind(record)
    if record["measured"]["component"] == "oom":
        result = estimate(published.scenario_of(record), by.calibration)
        fit = judge(result.total_bytes, int(record["measured"]["capacity_bytes"]), result.peak.stack, result.sure_bytes)
        row = Row(name, kind, supported=True, reading="process", predicted_bytes=result.total_bytes, fit=fit.status.value)
        return replace(row, low_bytes=result.low_bytes, high_bytes=result.high_bytes, false_fits=int(fit.status is FitStatus.FITS))
    found = published.predict(record)
    row = Row(
        name,
        kind,
        supported=True,
        reading=found.reading,
        predicted_bytes=found.predicted_bytes,
        measured_bytes=found.measured_bytes,
        error_pct=_percent(found.predicted_bytes, found.measured_bytes),
    )
    added_up = is_on_several(record) and (not is_training_on_several(record) or sum_over(record) > 1)
    on_host = (record.get("hardware") or {}).get("n_gpus") == 0
    if record["measured"]["component"] != "total" or added_up or on_host:  # a sum fits, or not, on none of the cards
        return row
    try:
        scenario = published.scenario_of(record)
    except UnsupportedError:  # predicted by its parts alone
        return row
    result = estimate(scenario, by.calibration)
    device = stated_device(record, result.devices)
    if device.peak is not result.peak:  # another GPU is the fullest; the verdict is on that
        return row
    stack = result.peak.stack
    # On several GPUs what differs is how a framework spreads a model, more than the model.
    model = framework_of(record) if is_on_several(record) else "{hidden}x{layers}".format_map(record["model"])
    context = stack.runtime + context_beyond(record) if found.reading == "process" else 0
    row = replace(row, run=kind_of_run(scenario), model=model, context_bytes=context)
    fitting = [
        usable
        for usable in by.cards
        if usable < found.measured_bytes and judge(result.total_bytes, usable, stack, result.sure_bytes).status is FitStatus.FITS
    ]
    return _with_band(replace(row, false_fits=len(fitting)), scenario, by)


def _with_band(row: Row, scenario: Scenario, by: Yardstick) -> Row:
    """``row`` with the band of its own reading."""
    band = by.calibration.band(scenario) if by.calibration is not None else None
    if band is None or by.calibration is None or row.predicted_bytes is None:
        return row
    stack = estimate(scenario).peak.stack
    own = bounds_without_context(band, row.predicted_bytes, stack)
    within = bounds(by.calibration, band, stack) if row.context_bytes else own
    return replace(row, low_bytes=within.low, high_bytes=within.high)


def summary(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """By kind: cases, supported, median, 95th percentile and worst of the absolute error in %, false FITS (cards that a run which needs
    more is said to fit on), share of measurements within the band.
    """
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    return {kind: _summary(of_kind) for kind, of_kind in by_kind.items()}


def _is_on_one_gpu(record: Mapping[str, Any] | None) -> bool:
    hardware = (record or {}).get("hardware")
    return not isinstance(hardware, dict) or hardware.get("n_gpus") in (1, None)


def _summary(rows: list[Row]) -> dict[str, Any]:
    within = [
        row.low_bytes <= row.measured_bytes <= row.high_bytes
        for row in rows
        if row.low_bytes is not None and row.high_bytes is not None and row.measured_bytes is not None
    ]
    if any(row.moments for row in rows):
        pairs = [moment for row in rows for moment in row.moments.values()]
        errors = sorted(abs(_percent(pair["predicted_bytes"], pair["measured_bytes"])) for pair in pairs)
    else:
        errors = sorted(abs(row.error_pct) for row in rows if row.error_pct is not None)
    return {
        "cases": len(rows),
        "supported": sum(row.supported for row in rows),
        "one_gpu": {"cases": sum(row.one_gpu for row in rows), "supported": sum(row.supported and row.one_gpu for row in rows)},
        **(_errors(errors) if errors else dict.fromkeys(_ERRORS)),
        "false_fits": sum(row.false_fits for row in rows),
        "band_coverage": sum(within) / len(within) if within else None,
    }


_ERRORS = ("median_pct", "p95_pct", "worst_pct")


def _errors(ordered: list[float]) -> dict[str, float]:
    """Of absolute errors in order, at least one."""
    values = (statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], ordered[-1])
    return dict(zip(_ERRORS, values, strict=True))


#: What rows carry for the calibration, which scripts do not read.
_INNER = frozenset({"parts", "run", "model", "context_bytes", "one_gpu", "false_fits"})


def part_errors(rows: Iterable[Row]) -> dict[str, dict[str, dict[str, float]]]:
    """Of exact rows, by kind and by part alive at the peaks: moments, and median, 95th percentile and worst of its absolute error in % of
    the peak.
    """
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for part, shares in row.parts.items():
            found[row.kind][part] += [abs(100 * share) for share in shares]
    return {
        kind: {part: {"moments": len(errors), **_errors(sorted(errors))} for part, errors in parts.items()} for kind, parts in found.items()
    }


def as_json(rows: list[Row]) -> dict[str, Any]:
    """What scripts read."""
    return {"rows": [{key: value for key, value in asdict(row).items() if key not in _INNER} for row in rows], "summary": summary(rows)}


def as_text(rows: list[Row]) -> str:
    """A table by kind, and why records are unsupported."""
    columns = f"{'median %':>10}{'p95 %':>10}{'worst %':>10}{'in band':>9}{'false FITS':>12}"
    lines = [f"{'kind':<34}{'cases':>7}{'supported':>11}{'on one GPU':>18}{columns}"]
    for kind, found in summary(rows).items():
        figures = "".join(f"{'–' if found[key] is None else format(found[key], '.4f'):>10}" for key in _ERRORS)
        share = "–" if found["band_coverage"] is None else f"{found['band_coverage']:.0%}"
        one = found["one_gpu"]
        alone = f"{one['supported']}/{one['cases']} {one['supported'] / one['cases']:4.0%}" if one["cases"] else "–"
        lines.append(f"{kind:<34}{found['cases']:>7}{found['supported']:>11}{alone:>18}{figures}{share:>9}{found['false_fits']:>12}")
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        if not row.supported:
            reasons[row.reason] += 1
    lines += ["", *(f"unsupported, {count}: {reason}" for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1])[:20])]
    return "\n".join(lines).rstrip() + "\n"
