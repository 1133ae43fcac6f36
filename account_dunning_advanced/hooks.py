def post_init_hook(env):
    """Give every company the ladder of its country, so that the first run has one.

    New companies get it when they are created; the ones that were there before the
    addon need it set once. Parents first: branches do as they do.
    """
    companies = env["res.company"].search([("dunning_policy_id", "=", False)])
    companies.sorted("parent_path")._take_usual_dunning_policy()


def uninstall_hook(env):
    """Drop the number sequences the addon made for the companies."""
    env["ir.sequence"].search([("code", "=", "account.dunning.notice")]).unlink()
