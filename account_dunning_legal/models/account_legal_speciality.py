from odoo import fields, models


class AccountLegalSpeciality(models.Model):
    """What an agency or a lawyer is good at."""

    _name = "account.legal.speciality"
    _description = "Legal Speciality"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer()

    _name_unique = models.UniqueIndex("(name)", "The speciality is there already.")
