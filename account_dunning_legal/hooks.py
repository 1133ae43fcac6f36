from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


def uninstall_hook(env):
    """Delete the cases, with messages and activities, before their procedures.

    Left to itself, uninstalling deletes the shipped procedures first and stumbles
    over the cases that use them.
    """
    cases = env["account.legal.case"].with_context(
        active_test=False, **{MODULE_UNINSTALL_FLAG: True}
    )
    cases.search([]).unlink()
