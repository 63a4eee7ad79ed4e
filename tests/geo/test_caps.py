"""Caps: parts of the globe that hold points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref.geo import caps

LONS, LATS = st.floats(-180, 180), st.floats(-90, 90)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(LONS, LATS), min_size=1, max_size=20), LONS, LATS, st.floats(0.01, 59))
def test_boxes_hold_what_the_cap_holds(
    points: list[tuple[float, float]], lon: float, lat: float, radius: float
) -> None:
    """Over a pole and the antimeridian too."""
    cap = caps.Cap(lon, lat, radius)
    boxes = cap.boxes()
    assert boxes is not None
    for x, y in np.array(points)[cap.holds(np.array(points))]:
        assert any(
            west - 1e-6 <= x <= east + 1e-6 and south - 1e-6 <= y <= north + 1e-6 for west, south, east, north in boxes
        )
    assert all(-180 <= west <= east <= 180 and -90 <= south <= north <= 90 for west, south, east, north in boxes)


def test_a_crowd_does_not_pull_the_middle() -> None:
    """However many points stand on one side, the cap is about as small as can be."""
    crowd = [(x / 100, 0.0) for x in range(100)]
    cap = caps.round_points(np.array([*crowd, (20.0, 0.0)]))
    assert (cap.lon, cap.lat) == pytest.approx((10, 0), abs=0.3)
    assert cap.radius_deg == pytest.approx(10, abs=0.3)


def test_points_that_balance_out_have_the_first_for_a_middle() -> None:
    """And a cap of half the globe or more is told to be large."""
    cap = caps.round_points(np.array([[10.0, 0.0], [-170.0, 0.0]]))
    assert cap.radius_deg >= 89
    assert cap.boxes() is None
