"""Results show themselves in a notebook, and open in GeoPandas."""

from __future__ import annotations

import base64
import re
import sys
import xml.etree.ElementTree as ET

import geopandas
import pytest
import shapely

import weapons_ref
from weapons_ref.model import Place

NASTY = "</td><img src=x onerror=alert(1)>"


def test_rings_open_in_geopandas_in_one_call() -> None:
    """Geometry and columns as GeoJSON has them."""
    rings = weapons_ref.rings("atacms", origin="Kherson")
    frame = geopandas.GeoDataFrame.from_features(rings, crs=4326)
    assert list(frame["role"]) == ["within", "disputed"]
    assert frame.geometry.iloc[0].equals(shapely.MultiPolygon(rings.rings[0].geometry).geoms[0])
    assert "janes-2023-08" in frame["sources"].iloc[0]


def test_places_open_in_geopandas_in_one_call() -> None:
    """A point each, with its verdict."""
    result = weapons_ref.reach("atacms", origin="Kherson", to=["Sevastopol", "Odesa, UA"])
    frame = geopandas.GeoDataFrame.from_features(result, crs=4326)
    assert list(frame["verdict"]) == ["disputed", "within"]
    assert (frame.geometry.x == frame["lon"]).all()


def test_a_map_is_its_rings_and_places() -> None:
    """Both, in one collection."""
    result = weapons_ref.map_of("atacms", origin="Kherson", to="Sevastopol")
    kinds = [feature["geometry"]["type"] for feature in result.__geo_interface__["features"]]
    assert kinds == ["Polygon", "Polygon", "Point"]


def test_rings_show_a_picture() -> None:
    """Inline, asking for nothing, with words for who cannot see it."""
    shown = weapons_ref.rings("atacms", origin="Kherson")._repr_html_()
    found = re.fullmatch(r'<img width="720" src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)">', shown)
    assert found
    assert ET.fromstring(base64.b64decode(found[1])).tag.endswith("svg")
    assert "165-306 km" in found[2]


def test_rings_show_a_table_where_no_picture_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library that draws."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    shown = weapons_ref.rings("atacms", origin="Kherson")._repr_html_()
    assert "<table>" in shown
    assert "disputed" in shown


def test_places_show_a_table() -> None:
    """The first rows, how many more there are, and credits; names are text."""
    shown = weapons_ref.reach(range_m=3e5, origin="Kherson", min_population=5000)._repr_html_()
    assert shown.count("<tr>") == 21
    assert "more rows" in shown
    assert "GeoNames" in shown
    nasty = Place(name=NASTY, lat=46.0, lon=32.0)
    shown = weapons_ref.reach(range_m=3e5, origin="Kherson", to=nasty)._repr_html_()
    assert "<img" not in shown
    assert "&lt;img" in shown


def test_showing_does_not_use_up_a_stream() -> None:
    """An answer that can be read once is not read to show it."""
    result = weapons_ref.reach(range_m=3e5, origin="Kherson", stream=True)
    assert "within" in result._repr_html_()
    assert len(list(result.verdicts)) > 50


def test_a_map_shows_picture_and_places() -> None:
    """One above the other."""
    shown = weapons_ref.map_of("atacms", origin="Kherson", to="Sevastopol")._repr_html_()
    assert shown.index("<img") < shown.index("<table>")
    assert "Sevastopol" in shown
