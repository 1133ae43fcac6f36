"""The demo database: made from its template, kept until the addons change."""

from . import files

NAME = "dunning_demo"


def ensure(ground):
    """Makes the demo database anew when the addons have changed."""
    template, key = ground.databases.ensure_template(demo=True)
    if ground.databases.ensure_copy(NAME, key, template):
        files.remove(ground.output_folder(NAME))
