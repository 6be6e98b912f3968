"""Delays as functions of one uniform number, so that a seed decides them."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

from kompang.simulation.v1 import behavior_pb2 as pb

_NORMAL = NormalDist()
# inv_cdf is undefined at 0 and 1.
_EDGE = 1e-12


def none(_: float) -> float:
    """No delay."""
    return 0.0


def compiled(latency: pb.Latency) -> Callable[[float], float]:
    """The delay in seconds for a uniform number in [0, 1)."""
    match latency.WhichOneof("shape"):
        case "fixed":
            return _fixed(latency.fixed.ms / 1000)
        case "uniform":
            return _uniform(latency.uniform.low_ms / 1000, latency.uniform.high_ms / 1000)
        case "lognormal":
            shape = latency.lognormal
            return _lognormal(shape.median_ms / 1000, shape.sigma, shape.cap_ms / 1000)
    return none


def _fixed(seconds: float) -> Callable[[float], float]:
    return lambda _: seconds


def _uniform(low: float, high: float) -> Callable[[float], float]:
    return lambda u: low + (high - low) * u


def _lognormal(median: float, sigma: float, cap: float) -> Callable[[float], float]:
    def delay(u: float) -> float:
        deviation = _NORMAL.inv_cdf(min(max(u, _EDGE), 1 - _EDGE))
        return min(cap, median * math.exp(sigma * deviation))

    return delay
