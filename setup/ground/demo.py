"""The demo database: made from its template, kept until the addons change."""

NAME = "dunning_demo"


def ensure(ground):
    """True when the demo database was made anew."""
    template, key = ground.databases.ensure_template(demo=True)
    return ground.databases.ensure_copy(NAME, key, template)
