"""How good the estimate is: each record predicted as it was measured, errors by kind."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.evidence import exact, published
from core.evidence.records import Line, UnsupportedError, read_lines
from core.memory import RefusedError, estimate, judge


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


def score_files(paths: Iterable[Path]) -> list[Row]:
    """A row for every record of ``paths``, in order. Raises EvidenceFileError."""
    return [_score(line) for path in paths for line in read_lines(path)]


def _percent(predicted: int, measured: int) -> float:
    return 100 * (predicted - measured) / measured


def _score(line: Line) -> Row:
    if line.record is None:
        return Row(line.number, "unreadable", supported=False, reason=line.problem)
    record = line.record
    try:
        if exact.is_exact(record):
            return _score_exact(line.number, record)
        return _score_published(record)
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
    return f"{str(record.get('task', '?'))[:20]} {str(component).partition(' (')[0][:40]}"


def _score_exact(number: int, record: Mapping[str, Any]) -> Row:
    found = exact.predict(record)
    return Row(
        number,
        _kind(record),
        supported=True,
        reading="allocated",
        predicted_bytes=found.predicted_bytes,
        measured_bytes=found.measured_bytes,
        error_pct=_percent(found.predicted_bytes, found.measured_bytes),
        moments=found.moments,
    )


def _score_published(record: Mapping[str, Any]) -> Row:
    name = str(record["id"])
    if record["measured"]["component"] == "oom":
        result = estimate(published.scenario_of(record))
        fit = judge(result.total_bytes, int(record["measured"]["capacity_bytes"]), result.peak.stack)
        return Row(name, _kind(record), supported=True, reading="process", predicted_bytes=result.total_bytes, fit=fit.status.value)
    found = published.predict(record)
    return Row(
        name,
        _kind(record),
        supported=True,
        reading=found.reading,
        predicted_bytes=found.predicted_bytes,
        measured_bytes=found.measured_bytes,
        error_pct=_percent(found.predicted_bytes, found.measured_bytes),
    )


def summary(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """By kind: cases, supported, median, 95th percentile and worst of the absolute error in %, runs that ran out and are called FITS."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    return {kind: _summary(of_kind) for kind, of_kind in by_kind.items()}


def _summary(rows: list[Row]) -> dict[str, Any]:
    if any(row.moments for row in rows):
        pairs = [moment for row in rows for moment in row.moments.values()]
        errors = sorted(abs(_percent(pair["predicted_bytes"], pair["measured_bytes"])) for pair in pairs)
    else:
        errors = sorted(abs(row.error_pct) for row in rows if row.error_pct is not None)
    return {
        "cases": len(rows),
        "supported": sum(row.supported for row in rows),
        "median_pct": statistics.median(errors) if errors else None,
        "p95_pct": errors[min(len(errors) - 1, int(0.95 * len(errors)))] if errors else None,
        "worst_pct": errors[-1] if errors else None,
        "false_fits": sum(row.fit == "fits" for row in rows),
        "band_coverage": None,
    }


def as_json(rows: list[Row]) -> dict[str, Any]:
    """What scripts read."""
    return {"rows": [asdict(row) for row in rows], "summary": summary(rows)}


def as_text(rows: list[Row]) -> str:
    """A table by kind, and why records are unsupported."""
    lines = [f"{'kind':<34}{'cases':>7}{'supported':>11}{'median %':>10}{'p95 %':>10}{'worst %':>10}{'false FITS':>12}"]
    for kind, found in summary(rows).items():
        figures = "".join(
            f"{'–' if found[key] is None else format(found[key], '.4f'):>10}" for key in ("median_pct", "p95_pct", "worst_pct")
        )
        lines.append(f"{kind:<34}{found['cases']:>7}{found['supported']:>11}{figures}{found['false_fits']:>12}")
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        if not row.supported:
            reasons[row.reason] += 1
    lines += ["", *(f"unsupported, {count}: {reason}" for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1])[:20])]
    return "\n".join(lines).rstrip() + "\n"
