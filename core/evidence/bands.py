"""From residuals to bands: how far runs of a model lie off that the band was not made from."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.evidence.score import Row
from core.memory.calibration import SEVERAL, Band

METHOD = (
    "Residual: ln(measured/predicted) of every measured total of a GPU, in the reading that was measured, without the CUDA context. "
    "Runs are grouped by model, those on several GPUs by the framework that made them, and what is said of a model holds of it; every "
    "model counts alike. Band: 5th and 95th percentile, widened about the median by the smallest "
    "factor with which nine of ten runs of a model left out lie within the band made from the others. Bounds of the verdict: of the worst "
    "residual of each model, the wider of their extreme and Student's one-sided 99 % prediction bound for one more model. A kind of run "
    "on one GPU with fewer than five models is pooled with the same kind on several, whose residuals have all of its errors and those of "
    "the division: its band is made from both, and covers groups of either that are left out. A kind on several GPUs with too few "
    "takes all that the same kind on one GPU and other kinds on several span; its coverage is of its own runs, from which none of that was "
    "made. What has too few even so takes the widest band of its task."
)
MIN_MODELS = 5
_TAIL = 0.05
_COVERAGE = 0.90
_SURE = 0.99

Residuals = Mapping[str, Sequence[float]]
"""Residuals by model."""


def residuals(rows: Iterable[Row]) -> dict[str, dict[str, list[float]]]:
    """By kind of run, then by model, of the rows that are measured totals."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.run is None or not row.predicted_bytes or not row.measured_bytes:
            continue
        predicted, measured = row.predicted_bytes - row.context_bytes, row.measured_bytes - row.context_bytes
        if predicted > 0 and measured > 0:
            found[row.run][row.model].append(math.log(measured / predicted))
    return {kind: dict(of_kind) for kind, of_kind in found.items()}


def bands(found: Mapping[str, Residuals]) -> dict[str, Band]:
    """Of every kind with enough models, of each task, on one GPU and on several, the widest of its kinds, and of kinds on several GPUs."""
    pooled = {kind: _pooled(kind, found) for kind in sorted(found)}
    made = {kind: band(of_kind) for kind, of_kind in pooled.items() if len(of_kind) >= MIN_MODELS}
    for task in sorted({_task(kind) for kind in made}):
        of_task = [each for kind, each in made.items() if _task(kind) == task]
        made[task] = max(of_task, key=lambda each: math.log(each.high / each.low))
    for kind, own in found.items():
        alone, several = made.get(kind.removesuffix(SEVERAL)), made.get(_task(kind))
        if kind.endswith(SEVERAL) and kind not in made and alone and several:
            made[kind] = _spanned(own, alone, several)
    return made


def _spanned(own: Residuals, *others: Band) -> Band:
    """What ``others`` span, as the band of a kind whose residuals are ``own``, all of them new to it."""
    low, high = min([each.low for each in others]), max([each.high for each in others])
    every = [each for of_model in own.values() for each in of_model]
    return Band(
        low=low,
        high=high,
        lower=min([each.lower for each in others]),
        upper=max([each.upper for each in others]),
        runs=len(every),
        models=len(own),
        median_error=_median_error(every),
        coverage=round(sum(low <= math.exp(each) <= high for each in every) / len(every), 4),
    )


def _median_error(every: Sequence[float]) -> float:
    return round(statistics.median(abs(1 - math.exp(-each)) for each in every), 4)


def _pooled(kind: str, found: Mapping[str, Residuals]) -> Residuals:
    """The runs of ``kind``; where they are of too few models, with those of the same kind on several GPUs."""
    own = found[kind]
    return own if len(own) >= MIN_MODELS else {**own, **found.get(kind + SEVERAL, {})}


def _task(kind: str) -> str:
    """What stands in for ``kind``."""
    return kind.partition(" ")[0] + (SEVERAL if kind.endswith(SEVERAL) else "")


def band(of_kind: Residuals) -> Band:
    """The band of one kind of run, from at least two models."""
    factor = 1.0
    while coverage(of_kind, factor) < _COVERAGE and factor < 20:
        factor += 0.05
    low, high = _interval(of_kind, factor)
    largest = _sure_bound([max(each) for each in of_kind.values()])
    smallest = -_sure_bound([-min(each) for each in of_kind.values()])
    every = [each for of_model in of_kind.values() for each in of_model]
    return Band(
        low=round(math.exp(low), 4),
        high=round(math.exp(high), 4),
        lower=round(math.exp(min(smallest, low)), 4),
        upper=round(math.exp(max(largest, high)), 4),
        runs=len(every),
        models=len(of_kind),
        median_error=_median_error(every),
        coverage=round(coverage(of_kind, factor), 4),
    )


def coverage(of_kind: Residuals, factor: float) -> float:
    """Share of the runs of a model within the band of the other models, widened by ``factor``; the mean over models."""
    shares = []
    for name, of_model in of_kind.items():
        low, high = _interval({other: values for other, values in of_kind.items() if other != name}, factor)
        shares.append(sum(low <= each <= high for each in of_model) / len(of_model))
    return statistics.fmean(shares)


def _interval(of_kind: Residuals, factor: float) -> tuple[float, float]:
    low, middle, high = (_quantile(of_kind, share) for share in (_TAIL, 0.5, 1 - _TAIL))
    return middle - factor * (middle - low), middle + factor * (high - middle)


def _quantile(of_kind: Residuals, share: float) -> float:
    """Of all residuals, every model weighing alike."""
    weighted = sorted((each, 1 / len(of_model)) for of_model in of_kind.values() for each in of_model)
    left = share * len(of_kind)
    for value, weight in weighted:
        left -= weight
        if left <= 1e-9:
            return value
    return weighted[-1][0]


def _sure_bound(worst: Sequence[float]) -> float:
    """What the worst residual of one more model stays below, at 99 %."""
    models = len(worst)
    spread = statistics.stdev(worst) * math.sqrt(1 + 1 / models)
    return max(*worst, statistics.fmean(worst) + _student(_SURE, models - 1) * spread)


def _student(share: float, freedom: int) -> float:
    """Student's quantile by the Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5); within 1 % from 4 degrees of freedom up."""
    z = statistics.NormalDist().inv_cdf(share)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))
