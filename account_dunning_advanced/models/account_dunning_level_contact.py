from odoo import fields, models


class AccountDunningLevelContact(models.Model):
    """More channels of a step: messages, calls and visits."""

    # a room of its own: channels
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.level"

    channel_sms = fields.Boolean(
        string="By SMS", help="Goes to the phone number of who is written to."
    )
    sms_template_id = fields.Many2one(
        comodel_name="sms.template",
        string="SMS Template",
        domain="[('model', '=', 'account.dunning.notice')]",
        default=lambda self: self.env.ref(
            "account_dunning_advanced.sms_template_notice", raise_if_not_found=False
        ),
        ondelete="restrict",
    )
    channel_call = fields.Boolean(
        string="By Call", help="The contact person gets the task to call."
    )
    channel_visit = fields.Boolean(
        string="By Visit", help="The contact person gets the task to visit."
    )
    call_script = fields.Text(
        string="Script",
        translate=True,
        help="What to say; shown with the task and while noting the call or visit.",
    )

    fallback_letter = fields.Boolean(
        string="Else by Letter",
        help="Where there is no e-mail address, or the e-mail comes back.",
    )
    fallback_sms = fields.Boolean(
        string="Else by SMS",
        help="Where there is no e-mail address, or the e-mail comes back.",
    )
    fallback_call = fields.Boolean(
        string="Else by Call",
        help="Where there is no e-mail address, or the e-mail comes back.",
    )

    # takes the place of the core's two channels
    _has_channel = models.Constraint(
        "CHECK (channel_email OR channel_letter OR COALESCE(channel_sms, FALSE)"
        " OR COALESCE(channel_call, FALSE) OR COALESCE(channel_visit, FALSE))",
        "Choose at least one channel for each dunning level.",
    )
