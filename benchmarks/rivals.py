"""The contestants of `benchmarks/points.py`, but for PostGIS: what each is given, and how it is asked."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases import DEGREE_M, LAT, LON, Bools, Floats, Indices, Points, Ring, distances, inside

#: The sphere of the haversine formula, metres: the mean radius of the Earth.
SPHERE_M = 6_371_008.8


class MissingError(Exception):
    """A contestant is not there; says what to install."""


class Contestant:
    """Something that says which of its points a ring holds.

    Parameters
    ----------
    points : Points
        Of which a slow one takes only the first.

    Attributes
    ----------
    name, note : str
        What it is, and what a reader must know of how it was asked.
    most : int
        The points that it takes.
    prepares : bool
        Whether it makes something of the points first, so that questions cost less than a look at each point.
    judges : bool
        Whether its verdicts are to be held against the exact ones.
    """

    name = ""
    note = ""
    most = 1 << 60
    prepares = False
    judges = True

    def __init__(self, points: Points) -> None:
        self.points = points.head(self.most)

    def __len__(self) -> int:
        return len(self.points.lon)

    def ask(self, ring: Ring) -> Any:
        """Answer; this is what is timed."""
        raise NotImplementedError

    def seconds(self, ring: Ring) -> float:
        """Answer, and return how long it took."""
        start = time.perf_counter()
        self.ask(ring)
        return time.perf_counter() - start

    def verdicts(self, ring: Ring) -> Bools:
        """Say of each point whether the ring holds it."""
        answer = np.asarray(self.ask(ring))
        if answer.dtype == bool:
            return answer
        found = np.zeros(len(self), dtype=bool)
        found[answer] = True
        return found

    def any_seconds(self, origins: Points, maximum_m: float) -> float:
        """Return how long it takes to say which points are within a distance of one of many origins."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what it holds."""


class Sum(Contestant):
    """The limit: whoever looks at every point reads both columns."""

    name = "`lon.sum()`, `lat.sum()`"
    note = "reads both columns and says nothing about any point: the limit"
    judges = False

    def ask(self, ring: Ring) -> float:
        """Add both columns."""
        return float(self.points.lon.sum() + self.points.lat.sum())


class Kernel(Contestant):
    """`weapons_ref.within`, with its checks of the input and the making of its table."""

    name = "`weapons_ref.within`"
    note = "as anyone calls it: the check of the input and the making of the table are counted"

    def ask(self, ring: Ring) -> Bools:
        """Ask the kernel."""
        from weapons_ref.geo.band import within

        return within(*self.points, origin=(LON, LAT), maximum_m=ring.maximum_m, minimum_m=ring.minimum_m)


class Inverse(Contestant):
    """The exact distance of every point."""

    name = "`pyproj.Geod.inv`"
    note = "what every verdict is held against, and so not judged itself"
    most = 500_000
    judges = False

    def ask(self, ring: Ring) -> Bools:
        """Measure and compare."""
        return inside(distances(self.points), ring)


class Belt(Contestant):
    """The exact distance of points that are not too far north or south."""

    name = "a belt of latitudes, then `Geod.inv`"
    note = "what needs no more than a line: points farther north or south than the range are left out unmeasured"
    most = 500_000

    def ask(self, ring: Ring) -> Indices:
        """Measure the points of the belt."""
        belt = np.flatnonzero(np.abs(self.points.lat - LAT) <= ring.maximum_m / DEGREE_M)
        kept = Points(self.points.lon[belt], self.points.lat[belt])
        return belt[inside(distances(kept), ring)]


class Haversine(Contestant):
    """The Earth as a sphere, in numpy."""

    name = "haversine in numpy"
    note = f"on a sphere of {SPHERE_M / 1000:,.4f} km"
    most = 2_000_000

    def ask(self, ring: Ring) -> Bools:
        """Measure on the sphere and compare."""
        lon, lat = np.radians(self.points.lon), np.radians(self.points.lat)
        half = np.sin((lat - np.radians(LAT)) / 2) ** 2
        half += np.cos(lat) * np.cos(np.radians(LAT)) * np.sin((lon - np.radians(LON)) / 2) ** 2
        metres: Floats = 2 * SPHERE_M * np.arcsin(np.sqrt(np.minimum(half, 1)))
        return inside(metres, ring)


class Duck(Contestant):
    """DuckDB's distance on the spheroid."""

    name = "DuckDB, `ST_DWithin_Spheroid`"
    note = "one thread; of a table with a `POINT_2D` column, latitude before longitude as these functions want it"
    most = 500_000

    def __init__(self, points: Points) -> None:
        super().__init__(points)
        try:
            import duckdb

            spatial = importlib.import_module("duckdb_extension_spatial")
        except ImportError as error:
            raise MissingError(
                "DuckDB is left out: pip install duckdb duckdb-extensions duckdb-extension-spatial"
            ) from error
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._base = duckdb.connect(config=settings)
        found = Path(str(spatial.__file__)).parent.glob(f"extensions/v{duckdb.__version__}/*")
        extension = next(found, None)
        if extension is None:
            raise MissingError(f"DuckDB is left out: its spatial extension is not for version {duckdb.__version__}")
        self._base.load_extension(str(extension))
        # A degree of latitude from the equator; a degree of longitude along it is 111,319 m.
        ((metres,),) = self._base.sql("SELECT ST_Distance_Spheroid(ST_Point2D(0, 0), ST_Point2D(1, 0))").fetchall()
        if round(metres) != 110_574:
            raise MissingError("DuckDB is left out: its functions no longer take latitude first")
        self._base.register("given", {"lon": self.points.lon, "lat": self.points.lat})
        self._base.execute(
            "CREATE TABLE points AS SELECT row_number() OVER () - 1 AS id, ST_Point2D(lat, lon) AS place FROM given"
        )

    def _where(self, ring: Ring) -> str:
        origin = f"place, ST_Point2D({LAT!r}, {LON!r})"
        text = f"ST_DWithin_Spheroid({origin}, {ring.maximum_m!r})"
        return text + (f" AND NOT ST_DWithin_Spheroid({origin}, {ring.nearer_m!r})" if ring.minimum_m else "")

    def ask(self, ring: Ring) -> Any:
        """Ask for the rows."""
        return self._base.sql(f"SELECT id FROM points WHERE {self._where(ring)}").fetchnumpy()["id"]

    def close(self) -> None:
        """Close the database."""
        self._base.close()


class Tree(Contestant):
    """scikit-learn's ball tree, with its haversine metric."""

    name = "scikit-learn `BallTree`"
    note = f"haversine metric, a sphere of {SPHERE_M / 1000:,.4f} km; its rows come in no order, ours ascending"
    prepares = True

    def __init__(self, points: Points) -> None:
        super().__init__(points)
        try:
            from sklearn.neighbors import BallTree
        except ImportError as error:
            raise MissingError("BallTree is left out: pip install scikit-learn") from error
        self._tree = BallTree(self._radians(self.points), metric="haversine")

    def _radians(self, points: Points) -> Floats:
        return np.radians(np.column_stack([points.lat, points.lon]))

    def ask(self, ring: Ring) -> Any:
        """Ask for the rows, and for an annulus for the distances too."""
        origin = self._radians(Points(np.array([LON]), np.array([LAT])))
        radius = ring.maximum_m / SPHERE_M
        if not ring.minimum_m:
            return self._tree.query_radius(origin, radius)[0]
        rows, angles = self._tree.query_radius(origin, radius, return_distance=True)
        return rows[0][angles[0] >= ring.minimum_m / SPHERE_M]

    def any_seconds(self, origins: Points, maximum_m: float) -> float:
        """Ask for a hundred origins at a time, or what comes back fills the memory."""
        start = time.perf_counter()
        found = np.zeros(len(self), dtype=bool)
        radians = self._radians(origins)
        for first in range(0, len(radians), 100):
            for rows in self._tree.query_radius(radians[first : first + 100], maximum_m / SPHERE_M):
                found[rows] = True
        np.flatnonzero(found)
        return time.perf_counter() - start


class Index(Contestant):
    """`weapons_ref.index`."""

    name = "`weapons_ref.index`"
    prepares = True

    def __init__(self, points: Points) -> None:
        from weapons_ref.geo.bandindex import index

        super().__init__(points)
        self.index = index(*self.points)

    def ask(self, ring: Ring) -> Indices:
        """Ask for the rows."""
        return self.index.within((LON, LAT), ring.maximum_m, ring.minimum_m)

    def any(self, origins: Points, maximum_m: float) -> Indices:
        """Return the rows within a distance of one of many origins."""
        return self.index.within_any(list(zip(*(column.tolist() for column in origins), strict=True)), maximum_m)

    def any_seconds(self, origins: Points, maximum_m: float) -> float:
        """Ask for all origins."""
        start = time.perf_counter()
        self.any(origins, maximum_m)
        return time.perf_counter() - start


class Opened(Index):
    """`weapons_ref.index`, saved to a file and opened from there."""

    name = "`weapons_ref.index`, saved and opened"
    note = "the file has just been written, and so is still in memory"

    def __init__(self, points: Points) -> None:
        from weapons_ref.geo.bandindex import BandIndex

        super().__init__(points)
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "points.band"
        start = time.perf_counter()
        self.index.save(path)
        self.save_seconds, self.size = time.perf_counter() - start, path.stat().st_size
        start = time.perf_counter()
        self.index = BandIndex.open(path)
        self.open_seconds = time.perf_counter() - start

    def close(self) -> None:
        """Remove the file."""
        del self.index
        self._folder.cleanup()


#: In the order in which they are asked and printed.
SCANS: tuple[type[Contestant], ...] = (Sum, Kernel, Inverse, Belt, Haversine, Duck)
PREPARED: tuple[type[Contestant], ...] = (Index, Tree, Opened)


def versions() -> Iterator[str]:
    """Yield the libraries that are there, with their versions."""
    from importlib.metadata import PackageNotFoundError

    for name in ("numpy", "pyproj", "duckdb", "duckdb-extension-spatial", "scikit-learn"):
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
