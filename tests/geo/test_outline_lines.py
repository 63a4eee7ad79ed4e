"""Outlines have every edge that is a boundary on Earth, and none that is only the end of a map."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from weapons_ref.geo import rings
from weapons_ref.geo.outline_lines import boundary_lines, follow

RADIUS_M = 6_371_008.8


def coordinates(*polygons: shapely.Polygon) -> Any:
    return shapely.MultiPolygon(polygons).__geo_interface__["coordinates"]


def test_a_cut_leaves_no_line() -> None:
    """Two halves of a square that meet at the antimeridian have the outline of a square, in one turn or two lines."""
    lines = boundary_lines(coordinates(shapely.box(170, 0, 180, 10), shapely.box(-180, 0, -170, 10)))
    assert len(lines) == 2
    drawn = {frozenset(edge) for line in lines for edge in pairwise(line)}
    assert drawn == {
        frozenset(edge)
        for corners in ([(180, 0), (170, 0), (170, 10), (180, 10)], [(-180, 0), (-170, 0), (-170, 10), (-180, 10)])
        for edge in pairwise(corners)
    }


def test_a_boundary_along_the_antimeridian_stays() -> None:
    """What ends there without going on at the other side is bounded there."""
    (line,) = boundary_lines(coordinates(shapely.box(170, 0, 180, 10)))
    assert line[0] == line[-1]
    assert shapely.Polygon(line).equals(shapely.box(170, 0, 180, 10))


def test_a_boundary_along_part_of_the_antimeridian_stays() -> None:
    """Of two sides that meet only in part the rest is drawn, whatever vertices either has on the way."""
    east = shapely.Polygon([(170, 0), (180, 0), (180, 3), (180, 7), (180, 10), (170, 10)])
    west = [shapely.box(-180, 5, -170, 8), shapely.box(-180, 8, -175, 9), shapely.box(-180, 9.5, -170, 15)]
    lines = boundary_lines(coordinates(east, *west))

    def merged(found: Any) -> list[tuple[float, float]]:
        parts = [part for part in shapely.get_parts(found) if part.length]
        return sorted(part.bounds[1::2] for part in shapely.get_parts(shapely.line_merge(shapely.union_all(parts))))

    seam = shapely.union_all([shapely.LineString(line) for line in lines])
    east_side = shapely.intersection(seam, shapely.LineString([(180, -90), (180, 90)]))
    west_side = shapely.intersection(seam, shapely.LineString([(-180, -90), (-180, 90)]))
    assert merged(east_side) == [(0, 5), (9, 9.5)]
    assert merged(west_side) == [(10, 15)]


def test_a_pole_is_no_line() -> None:
    """A cap is bounded by its parallel alone, and the whole Earth by nothing."""
    cap = shapely.Polygon([(-180, 80), (-90, 80), (0, 80), (90, 80), (180, 80), (180, 90), (0, 90), (-180, 90)])
    assert [sorted(line) for line in boundary_lines(coordinates(cap))] == [
        [(-180, 80), (-90, 80), (0, 80), (90, 80), (180, 80)]
    ]
    assert boundary_lines(coordinates(shapely.box(-180, -90, 180, 90))) == []


@pytest.mark.parametrize("lon", [179.9, -178.5, 180.0, 20.0])
@pytest.mark.parametrize(("radius_m", "inner_m"), [(300e3, 0.0), (300e3, 250e3), (5000e3, 100e3)])
def test_the_outline_is_that_of_the_uncut_ring(lon: float, radius_m: float, inner_m: float) -> None:
    """Moved together, the lines are the boundary that shapely finds of the polygons moved together."""
    drawn = rings.annulus(lon, -17.0, radius_m, inner_m)

    def together(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: xy + np.column_stack([360.0 * (xy[:, 0] < 0), 0 * xy[:, 0]]))

    if abs(lon) < 100:
        whole, lines = drawn, boundary_lines(drawn.__geo_interface__["coordinates"])
        outline = shapely.MultiLineString(lines)
    else:
        whole = shapely.union_all([together(part) for part in drawn.geoms])
        outline = together(shapely.MultiLineString(boundary_lines(drawn.__geo_interface__["coordinates"])))
    assert shapely.hausdorff_distance(outline, whole.boundary) < 1e-6
    assert outline.length == pytest.approx(whole.boundary.length, abs=1e-6)


def vectors(lon: Any, lat: Any) -> Any:
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


@pytest.mark.parametrize("max_error_m", [1.0, 10.0, 1000.0])
@pytest.mark.parametrize(
    "edge",
    [
        [(0.0, 85.0), (5.0, 85.0)], [(0.0, 45.0), (90.0, 45.0)], [(-3.0, -60.0), (1.0, -58.0)],
        [(10.0, 89.9), (60.0, 89.5)], [(0.0, -5.0), (4.0, 5.0)], [(0.0, 0.0), (90.0, 0.0)],
    ],
)  # fmt: skip
def test_great_circles_between_vertices_follow_the_line(edge: list[tuple[float, float]], max_error_m: float) -> None:
    """On a sphere, to the error asked for; the vertices are on the line, and no edge is wide."""
    line = follow(edge, max_error_m)
    assert (line[0], line[-1]) == tuple(edge)
    assert max(abs(b[0] - a[0]) for a, b in pairwise(line)) <= 1 + 1e-6
    assert max(shapely.LineString(edge).distance(shapely.Point(vertex)) for vertex in line) < 1e-6
    for (x0, y0), (x1, y1) in pairwise(line):
        start, end = vectors(x0, y0), vectors(x1, y1)
        normal = np.cross(start, end)
        along = np.linspace(0, 1, 21)[1:-1]
        stray = np.arcsin(np.abs(vectors(x0 + (x1 - x0) * along, y0 + (y1 - y0) * along) @ normal))
        assert RADIUS_M * stray.max() / np.linalg.norm(normal) <= max_error_m * 1.02 + 0.02


def test_a_meridian_is_a_great_circle() -> None:
    """It is divided only so that the way round is not in doubt, and an equal point not at all."""
    assert follow([(10.0, -90.0), (10.0, 90.0)]) == [(10.0, lat) for lat in (-90.0, -45.0, 0.0, 45.0, 90.0)]
    assert follow([(1.0, 1.0), (1.0, 1.0)]) == [(1.0, 1.0), (1.0, 1.0)]
