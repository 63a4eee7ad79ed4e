"""Curves drawn with straight edges, as many of them as an error bound takes.

A curve is sampled at some of its parameters, and every edge between two neighbours is compared with
the curve; where one strays too far, the parameters between which it runs are halved.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from weapons_ref.errors import QueryError

Floats = npt.NDArray[np.float64]

#: Steps to a degree in what is drawn: seven decimals, about a centimetre (RFC 7946, section 11.2).
GRID = 1e7
#: What rounding to that grid can move a vertex by, at most; taken off the error bound beforehand.
_ROUNDING_M = 0.01
_LEAST_ERROR_M = 0.1
#: Where an edge is compared with its curve. Its stray is smooth and 0 at both ends: an arch, which is
#: highest in the middle, or an S, highest at 0.21 and 0.79, or between the two. So close together the
#: samples miss the top of an arch by 0.5 % at most and that of an S by 2.3 %, which is taken off beforehand.
_SAMPLES = np.arange(1, 14) / 14
_MISSED = 0.03


def tolerance_m(max_error_m: float) -> float:
    """Return how far the samples of an edge may stray for all of it, rounded, to keep to an error.

    Raises
    ------
    QueryError
        If the error is too small for seven decimals.
    """
    if not (math.isfinite(max_error_m) and max_error_m >= _LEAST_ERROR_M):
        raise QueryError(
            f"a maximum error of {max_error_m:g} m is below {_LEAST_ERROR_M:g} m, what seven decimals can hold"
        )
    return (max_error_m - _ROUNDING_M) * (1 - _MISSED)


def samples(starts: Floats, ends: Floats) -> Floats:
    """Return points along straight edges, each with its samples on a new last axis."""
    return starts[..., None] + (ends - starts)[..., None] * _SAMPLES


def refine(
    parameters: Floats,
    place: Callable[[Floats], Floats],
    strays: Callable[[Floats, Floats], Floats],
    tolerance_m: float,
) -> tuple[Floats, Floats]:
    """Return a curve's vertices, as many as the tolerance takes.

    Parameters
    ----------
    parameters : array of float64, shape (n,)
        Where on the curve to start from, ascending; all of them stay.
    place : callable
        Gives the vertices, shape (..., m), of parameters, shape (m,).
    strays : callable
        Gives how far, in metres, shape (m,), edges stray between their starts and ends, each of shape (..., m).
    tolerance_m : float
        How far they may.

    Returns
    -------
    parameters : array of float64, shape (m,)
    vertices : array of float64, shape (..., m)
    """
    vertices = place(parameters)
    unsettled = np.ones(len(parameters) - 1, dtype=bool)
    # Each round halves the edges; 60 of them exhaust the doubles between two neighbours.
    for _ in range(60):
        edges = np.flatnonzero(unsettled)
        coarse = edges[strays(vertices[..., edges], vertices[..., edges + 1]) > tolerance_m]
        unsettled[:] = False
        if not len(coarse):
            break
        unsettled[coarse] = True
        halves = (parameters[coarse] + parameters[coarse + 1]) / 2
        parameters = np.insert(parameters, coarse + 1, halves)
        vertices = np.insert(vertices, coarse + 1, place(halves), axis=-1)
        unsettled = np.insert(unsettled, coarse + 1, True)
    return parameters, vertices
