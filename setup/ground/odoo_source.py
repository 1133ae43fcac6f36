"""Finds Odoo 19, or gets it."""

import ast
import hashlib
from pathlib import Path

from . import debian, files, say

SERIES = (19, 0)
VERSION = "19.0.0+dfsg-1"
# Odoo, then what its Debian package links to instead of carrying it.
PACKAGES = [
    (
        "odoo-19",
        VERSION,
        "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf",
    ),
    (
        "libjs-jquery",
        "3.6.1+dfsg+~3.5.14-1",
        "a58c9ff6afe96c769cb6535754c909410760e4efa1e1540236194e489adcfb25",
    ),
    (
        "libjs-jquery-form",
        "12-4",
        "fbfeedcd3eaf519b3cdcc88e93a1c79f6775da71657bac763f1430fe66e8a1da",
    ),
    (
        "libjs-underscore",
        "1.13.4~dfsg+~1.11.4-3",
        "4a0fbc90e7f62ea50c4ac7453352721fa60bb5eac87e9f39a027908faff29015",
    ),
    (
        "fonts-font-awesome",
        "5.0.10+really4.7.0~dfsg-4.1",
        "5f09e1adce26d59628a239c538882d53e58978b958233864fc617be9a510018e",
    ),
    (
        "fonts-roboto-unhinted",
        "2:0~20170802-3",
        "f89cf7d8a589489daecf750031ec50456ab3e648d49ff544f0f08753268fbd91",
    ),
    (
        "fonts-inconsolata",
        "001.010-6",
        "bb5015c631cd47aa7d9d6e0ecd101f0e1234300f935e7719ea32ed9b640f0ac4",
    ),
    (
        "fonts-ocr-b",
        "0.3~dfsg1-1",
        "56e6a6bfe5d77bbb4f0a6964ce1f8ed3679d7c1a138064bcaf6cc3480c3628f3",
    ),
    (
        "fonts-montserrat",
        "9.000-6",
        "c5f603701f86661a7eed820ff0b0d19e0aa697b316053b7885cc7346370128c1",
    ),
]
LIBRARY = Path("usr/lib/python3/dist-packages")
# Listed by a bundle of `mail`, left out by Debian: an empty file keeps the
# browser tests from failing on it.
LEFT_OUT = Path(
    "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
)
SPACE = 2 * files.GIB
WAYS = (
    "set DUNNING_ODOO to the folder of an Odoo 19.0 you have: a checkout of branch "
    "19.0 of github.com/odoo/odoo, or an unpacked package",
    "put the file odoo-19_VERSION_all.deb from Debian into "
    f"downloads/odoo-19_{VERSION}.deb of the cache folder (DUNNING_CACHE)",
)


class OdooSource:
    """The folder that holds ``odoo/``: the user's own or one in the cache."""

    def __init__(self, settings):
        self.given = settings.odoo
        self.cache = settings.cache
        self.packages = debian.PackageSource(settings, WAYS)
        digest = hashlib.sha256(repr(PACKAGES).encode()).hexdigest()
        self.prefix = settings.cache / f"odoo-{SERIES[0]}-{digest[:12]}"

    def check(self):
        """A Problem when there is no way to an Odoo 19."""
        if self.given:
            require_series(self.root)
        elif not self.prefix.exists() and not debian.available():
            raise say.Problem(
                "Odoo 19 is not on PyPI, and this machine has no apt-get and dpkg-deb "
                "to take Debian's package.",
                WAYS,
            )

    @property
    def root(self):
        """The folder that goes on Python's path."""
        return find_root(self.given) if self.given else self.prefix / LIBRARY

    def plan(self):
        if self.given or self.prefix.exists():
            return []
        loads = len(self.packages.missing(PACKAGES))
        return [
            f"Odoo 19.0: {loads} of {len(PACKAGES)} Debian packages to download "
            f"(125 MB), unpacked to {self.prefix} (1.3 GB)"
        ]

    def ensure(self):
        if self.given or self.prefix.exists():
            return
        files.require_space(self.cache, SPACE)
        say.step("Getting Odoo 19")
        packages = self.packages.fetch(PACKAGES)
        with files.whole_folder(self.prefix) as scratch:
            for name, path in packages.items():
                say.line(f"    Unpacking {name}")
                debian.extract(path, scratch)
            complete(scratch)
            require_series(scratch / LIBRARY)

    def addons_path(self):
        """Folders with Odoo's own addons beyond ``odoo/addons``."""
        return [self.root / "addons"] if (self.root / "addons/account").is_dir() else []

    def fingerprint(self):
        """Changes when another Odoo is used."""
        release = self.root / "odoo/release.py"
        return f"{self.root}:{release.stat().st_mtime_ns}"


def complete(prefix):
    """Makes up for what Debian leaves out, and makes sure that no link dangles."""
    left_out = prefix / LIBRARY / LEFT_OUT
    if not left_out.exists():
        left_out.parent.mkdir(parents=True, exist_ok=True)
        left_out.touch()
    dangling = [
        path for path in prefix.rglob("*") if path.is_symlink() and not path.exists()
    ]
    if dangling:
        raise say.Problem(
            f"The Debian package of Odoo links to {len(dangling)} files that are not "
            f"there, such as {dangling[0]}.",
            WAYS,
        )


def find_root(folder):
    """The folder above ``odoo/release.py`` in what the user pointed at."""
    for root in (folder, folder / LIBRARY, folder / "dist-packages"):
        if (root / "odoo/release.py").is_file():
            return root
    raise say.Problem(
        f"DUNNING_ODOO ({folder}) holds no Odoo: there is no odoo/release.py in it.",
        WAYS,
    )


def require_series(root):
    found = series(root)
    if found != SERIES:
        raise say.Problem(
            f"{root} is Odoo {'.'.join(map(str, found))}, and the addons are for 19.0.",
            WAYS,
        )


def series(root):
    """The first two numbers of ``version_info``, read without running anything."""
    tree = ast.parse((root / "odoo/release.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and _names(node) == ["version_info"]:
            return tuple(ast.literal_eval(item) for item in node.value.elts[:2])
    return ()


def _names(node):
    return [target.id for target in node.targets if isinstance(target, ast.Name)]
