"""The demo database: made from its template, kept until the addons change."""

from . import files

NAME = "dunning_demo"
# Odoo's own demo data queue mails that have nothing to do with the run.
DROP_MAILS = "UPDATE mail_mail SET state = 'cancel' WHERE state = 'outgoing'"


def ensure(ground):
    """Makes the demo database anew when the addons have changed."""
    template, key = ground.databases.ensure_template(demo=True)
    if ground.databases.ensure_copy(NAME, key, template):
        ground.databases.execute(DROP_MAILS, database=NAME)
        files.remove(ground.output_folder(NAME))
