"""PostGIS as a contestant of `benchmarks/points.py`: a server of its own, which goes when it is done.

It is started from what is installed, in a temporary folder, as a user without rights, and listens on a
socket in that folder only. Nothing is installed and no running server is touched.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.cases import LAT, LON, Bools, Points, Ring
from benchmarks.rivals import Contestant, MissingError

_INSTALL = "PostGIS is left out: apt-get install postgresql postgresql-15-postgis-3, or what your system calls them"
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "shared_buffers": "512MB",
    "work_mem": "128MB",
    "maintenance_work_mem": "512MB",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "autovacuum": "off",
    "jit": "off",
}
_TIME = re.compile(r"^Time: ([0-9.]+) ms.*$", re.MULTILINE)
#: A row as PostgreSQL's binary COPY wants it: the number of fields, and each field after its length.
_ROW = np.dtype(
    [("fields", ">i2"), ("l1", ">i4"), ("id", ">i4"), ("l2", ">i4"), ("lon", ">f8"), ("l3", ">i4"), ("lat", ">f8")]
)


class Server:
    """A running server, and the ways to talk to it."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._programs, self._folder, self._user = programs, folder, user

    def run(self, program: str, *arguments: str, text: bytes | None = None) -> str:
        """Run one of PostgreSQL's programs as the user, and return what it prints."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(self._folder)}
        done = subprocess.run(
            [self._programs / program, *arguments],
            input=text,
            capture_output=True,
            cwd=self._folder,
            env=environment,
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
            check=False,
        )
        if done.returncode:
            raise MissingError(f"PostGIS is left out: {program} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode()

    def start(self) -> None:
        """Make a database and start the server."""
        data = str(self._folder / "data")
        self.run("initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = {**_OPTIONS, "unix_socket_directories": str(self._folder)}
        with (self._folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name} = '{value}'\n" for name, value in options.items())
        # Without a log of its own, the server would keep the pipe open that its starter's output comes through.
        self.run("pg_ctl", "-D", data, "-w", "-l", str(self._folder / "log"), "start")
        self.sql("CREATE EXTENSION postgis")

    def stop(self) -> None:
        """Stop the server, if it runs."""
        data = self._folder / "data"
        if (data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")

    def sql(self, *statements: str, text: bytes | None = None) -> str:
        """Run statements one after another, and return what they print, with the time that each took."""
        where = ["-h", str(self._folder), "-U", "bench", "-d", "postgres"]
        commands = [part for statement in ("\\timing on", *statements) for part in ("-c", statement)]
        return self.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, *commands, text=text)

    def seconds(self, *statements: str, text: bytes | None = None) -> list[float]:
        """Return how long each statement took."""
        return [float(found) / 1000 for found in _TIME.findall(self.sql(*statements, text=text))]


def _programs() -> Path:
    """Return where the newest PostgreSQL with PostGIS has its programs."""
    beside = shutil.which("initdb")
    folders = [Path(beside).resolve().parent] if beside else []
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    folders += sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    for folder in folders:
        if not (folder / "initdb").exists():
            continue
        asked = [folder / "pg_config"] if (folder / "pg_config").exists() else []
        shares = [Path("/usr/share/postgresql") / folder.parent.name]
        for program in asked:
            told = subprocess.run([program, "--sharedir"], capture_output=True, text=True, check=False)
            shares.append(Path(told.stdout.strip()))
        if any((share / "extension" / "postgis.control").exists() for share in shares):
            return folder
    raise MissingError(_INSTALL)


def _user() -> str | None:
    """Return the user to run a server as, since it refuses to run as root; None is whoever we are."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise MissingError("PostGIS is left out: its server will not run as root, and there is neither postgres nor nobody")


@contextmanager
def server() -> Iterator[Server]:
    """Start a server, and stop and remove it in the end.

    Raises
    ------
    MissingError
        If PostgreSQL or PostGIS is not installed, or does not start.
    """
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    running = Server(programs, folder, user)
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        running.start()
        yield running
    finally:
        try:
            running.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _binary(points: Points) -> bytes:
    """Return points as COPY reads them."""
    rows = np.empty(len(points.lon), dtype=_ROW)
    rows["fields"], rows["l1"], rows["l2"], rows["l3"] = 3, 4, 8, 8
    rows["id"], rows["lon"], rows["lat"] = np.arange(len(rows)), points.lon, points.lat
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


def _geography(lon: float | str, lat: float | str) -> str:
    return f"ST_SetSRID(ST_MakePoint({lon}, {lat}), 4326)::geography"


class Postgis(Contestant):
    """A table of geography with a GiST index."""

    name = "PostGIS, GiST on geography"
    note = (
        "`ST_DWithin`; one process; it counts rows and does not hand them over; times are those of `psql`, in a new"
        " session each"
    )
    prepares = True
    most = 2_000_000
    running: Server | None = None  #: set before the first is made, or else why there is none
    why_not = _INSTALL
    _made = 0

    def __init__(self, points: Points) -> None:
        super().__init__(points)
        if self.running is None:
            raise MissingError(self.why_not)
        self._server = self.running
        Postgis._made += 1
        self._table = f"points{Postgis._made}"
        start = time.perf_counter()
        self._server.sql("CREATE UNLOGGED TABLE raw (id int4, lon float8, lat float8)")
        self._server.sql("COPY raw FROM STDIN (FORMAT binary)", text=_binary(self.points))
        self._server.sql(
            f"CREATE UNLOGGED TABLE {self._table} AS SELECT id, {_geography('lon', 'lat')} AS place FROM raw",
            "DROP TABLE raw",
        )
        self.load_seconds = time.perf_counter() - start
        start = time.perf_counter()
        self._server.sql(f"CREATE INDEX ON {self._table} USING gist (place)", f"ANALYZE {self._table}")
        self.index_seconds = time.perf_counter() - start

    def _where(self, ring: Ring) -> str:
        origin = f"place, {_geography(LON, LAT)}"
        text = f"FROM {self._table} WHERE ST_DWithin({origin}, {ring.maximum_m!r})"
        return text + (f" AND NOT ST_DWithin({origin}, {ring.nearer_m!r})" if ring.minimum_m else "")

    def seconds(self, ring: Ring) -> float:
        """Count the rows, in a session that has asked before and so has loaded what it needs."""
        count = f"SELECT count(*) {self._where(ring)}"
        return self._server.seconds(f"SELECT ST_DWithin({_geography(0, 0)}, {_geography(1, 1)}, 5)", count)[-1]

    def verdicts(self, ring: Ring) -> Bools:
        """Fetch the rows."""
        printed = self._server.sql(f"SELECT id {self._where(ring)}")
        found = np.zeros(len(self), dtype=bool)
        found[np.array(_TIME.sub("", printed).split(), dtype=np.int64)] = True
        return found

    def any_seconds(self, origins: Points, maximum_m: float) -> float:
        """Join the points with a table of the origins, and count the rows."""
        pairs: Sequence[str] = [_geography(lon, lat) for lon, lat in zip(*map(list, origins), strict=True)]
        return self._server.seconds(
            f"CREATE TEMPORARY TABLE origins AS SELECT unnest(ARRAY[{', '.join(pairs)}]) AS place",
            "ANALYZE origins",
            f"SELECT count(DISTINCT points.id) FROM origins JOIN {self._table} AS points"
            f" ON ST_DWithin(points.place, origins.place, {maximum_m!r})",
        )[-1]

    def close(self) -> None:
        """Remove the table."""
        self._server.sql(f"DROP TABLE {self._table}")


def version(running: Server) -> str:
    """Return what the server says that it is."""
    printed = running.sql("SELECT current_setting('server_version') || '; ' || postgis_lib_version()")
    postgres, postgis = _TIME.sub("", printed).strip().split("; ")
    return f"PostgreSQL {postgres.split()[0]}, PostGIS {postgis}"
