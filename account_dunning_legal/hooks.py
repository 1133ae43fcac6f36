def uninstall_hook(env):
    """Take away the activities of the cases, which would point nowhere."""
    env["mail.activity"].search([("res_model", "=", "account.legal.case")]).unlink()
