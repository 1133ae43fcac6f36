"""The addons of this checkout, and when their sources have changed."""

import ast
import hashlib

# None of these changes what an installed database holds.
WITHOUT_EFFECT = {"tests", "readme", "description", "__pycache__", "newsfragments"}
SUFFIXES_WITHOUT_EFFECT = {".pyc", ".pyo", ".toml", ".swp", ".rst", ".md", ".pot"}


def names(checkout):
    """Installable addons: the folders of the checkout that hold a manifest."""
    found = []
    for manifest in sorted(checkout.glob("*/__manifest__.py")):
        if read_manifest(manifest).get("installable", True):
            found.append(manifest.parent.name)
    return found


def read_manifest(path):
    return ast.literal_eval(path.read_text(encoding="utf-8"))


def fingerprint(checkout):
    """Changes with any source that an installed database depends on."""
    digest = hashlib.sha256()
    for name in names(checkout):
        for path in sorted((checkout / name).rglob("*")):
            if _has_effect(path.relative_to(checkout)) and path.is_file():
                digest.update(str(path.relative_to(checkout)).encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _has_effect(path):
    return (
        not WITHOUT_EFFECT.intersection(path.parts)
        and path.suffix not in SUFFIXES_WITHOUT_EFFECT
    )
