def post_init_hook(env):
    """Give every company the default policy, so that the first run has a ladder.

    New companies get it from the field's default; the ones that were there
    before the addon need it set once.
    """
    policy = env.ref("account_dunning_advanced.account_dunning_policy_default")
    companies = env["res.company"].search([("dunning_policy_id", "=", False)])
    companies.write({"dunning_policy_id": policy.id})


def uninstall_hook(env):
    """Drop the number sequences the addon made for the companies."""
    env["ir.sequence"].search([("code", "=", "account.dunning.notice")]).unlink()
