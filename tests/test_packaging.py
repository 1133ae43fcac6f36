"""The wheels: built, installed with pip beside Odoo, their addons installed."""

import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from ground import addons, settings
from ground.database import BASE_MODULES
from ground.ground import Ground
from upgrade.release import read_releases

from odoo.tools.parse_version import parse_version

CHECKOUT = settings.CHECKOUT
NAMES = addons.names(CHECKOUT)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The folder with the wheels of this checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run([CHECKOUT / "setup/build", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def site(wheels, tmp_path_factory):
    """Python of an environment with Odoo, into which pip has put the wheels."""
    folder = tmp_path_factory.mktemp("site")
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    # Odoo and what it needs, as if they were installed here.
    packages = site_packages(python)
    odoo = Ground().source.root
    packages.joinpath("odoo_here.pth").write_text(
        f"{sysconfig.get_path('purelib')}\n{odoo}\n"
    )
    # psycopg2-binary brings psycopg2, but pip does not know it by that name.
    stub = packages / "psycopg2-2.9.dist-info"
    stub.mkdir()
    stub.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: psycopg2\nVersion: 2.9\n"
    )
    # By name and without an index: each finds the addons it depends on.
    subprocess.run(
        [
            *(python, "-m", "pip", "install", "--quiet", "--no-index"),
            *("--find-links", wheels, *map(distribution, NAMES)),
        ],
        check=True,
        env=environ(),
    )
    return python


@pytest.fixture
def database():
    """Odoo's own modules, without the addons."""
    ground = Ground()
    template, _key = ground.databases.ensure_base(demo=False)
    name = f"{session_database()}_wheels"
    ground.databases.clone(template, name)
    yield name
    ground.databases.drop(name)


def distribution(name):
    return f"odoo-addon-{name.replace('_', '-')}"


def site_packages(python):
    command = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.check_output(command, text=True).strip())


def environ():
    """Without the paths of the test run: the environment has to do by itself."""
    found = Ground().odoo.environ()
    del found["PYTHONPATH"]
    return found


def session_database():
    """Name of the database of this test run."""
    from odoo.tests.common import get_db_name

    return get_db_name()


@pytest.mark.parametrize("name", NAMES)
def test_wheel_is_named_after_addon_and_manifest_version(wheels, name):
    manifest = addons.read_manifest(CHECKOUT / name / "__manifest__.py")
    wheel = f"{distribution(name).replace('-', '_')}-{manifest['version']}-py3-none-any"

    assert (wheels / f"{wheel}.whl").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_wheel_has_every_file_that_the_manifest_names(wheels, name):
    manifest = addons.read_manifest(CHECKOUT / name / "__manifest__.py")
    (wheel,) = wheels.glob(f"{distribution(name).replace('-', '_')}-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    named = [*manifest.get("data", []), *manifest.get("demo", [])]

    missing = [path for path in named if f"odoo/addons/{name}/{path}" not in packed]

    assert not missing
    assert f"odoo/addons/{name}/__manifest__.py" in packed
    assert not [path for path in packed if path.endswith(".pyc")]


@pytest.mark.parametrize("name", NAMES)
def test_wheel_says_series_and_licence(wheels, name):
    (wheel,) = wheels.glob(f"{distribution(name).replace('-', '_')}-*.whl")
    archive = zipfile.ZipFile(wheel)
    (path,) = (path for path in archive.namelist() if path.endswith("/METADATA"))
    metadata = archive.read(path).decode()

    assert "Classifier: Framework :: Odoo :: 19.0\n" in metadata
    assert "License: LGPL-3\n" in metadata


def test_addons_and_metapackage_have_one_version():
    """It is raised with the first change after a release: see CONTRIBUTING.md."""
    versions = {
        addons.read_manifest(CHECKOUT / name / "__manifest__.py")["version"]
        for name in NAMES
    }
    project = (CHECKOUT / "setup/_metapackage/pyproject.toml").read_text()
    versions.update(re.findall('^version = "(.*)"$', project, re.M))
    (version,) = versions
    changes = (CHECKOUT / "CHANGELOG.md").read_text()
    assert re.search("^## (.*?)( |$)", changes, re.M)[1] == version
    for released, _commit in read_releases():
        assert parse_version(released) < parse_version(version)


def test_addons_install_from_their_wheels(site, database, tmp_path):
    config = tmp_path / "odoo.conf"
    text = Ground().odoo.configure(database).read_text()
    config.write_text(without_addons_path(text))
    log = tmp_path / "odoo.log"

    with log.open("w") as out:
        code = subprocess.call(
            [
                *(site, "-m", "odoo", "--config", config, "--init", ",".join(NAMES)),
                *("--skip-auto-install", "--stop-after-init", "--no-http"),
            ],
            cwd=tmp_path,
            env=environ(),
            stdout=out,
            stderr=out,
        )

    assert code == 0, log.read_text()[-3000:]
    assert not re.findall("^.* (?:WARNING|ERROR|CRITICAL) .*$", log.read_text(), re.M)
    assert installed(database) >= {*NAMES, *BASE_MODULES}
    assert str(site_packages(site)) in where(site, NAMES[0], tmp_path)


def without_addons_path(text):
    """The configuration as pip's users have it: pip's folder is found by itself."""
    kept = [line for line in text.splitlines() if not line.startswith("addons_path")]
    return "\n".join(kept)


def installed(database):
    rows = Ground().databases.execute(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", database=database
    )
    return {name for (name,) in rows}


def where(python, name, folder):
    """The file an addon is imported from."""
    script = f"import odoo.addons.{name} as addon; print(addon.__file__)"
    return subprocess.check_output(
        [python, "-c", script], cwd=folder, env=environ(), text=True
    )


def test_suite_runs_in_the_pinned_environment():
    """A twin for the fixture above: the checkout itself is no part of ``site``."""
    assert Path(sys.prefix) == Ground().env.folder
