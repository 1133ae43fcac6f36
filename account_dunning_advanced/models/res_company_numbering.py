from odoo import fields, models
from odoo.tools import SQL


class ResCompanyNumbering(models.Model):
    """Numbers of notices: drawn in blocks, of a sequence that users may set."""

    # a room of its own: numbers
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    dunning_sequence_id = fields.Many2one(
        comodel_name="ir.sequence", readonly=True, copy=False
    )

    def _next_dunning_numbers(self, count, date):
        """Draw notice numbers of the company's sequence, all in one query.

        :param int count: how many.
        :param date date: the notices' date, for sequences that begin anew each year.
        :return: list of numbers, rising.
        """
        self.ensure_one()
        if not count:
            return []
        sequence_sudo, current = self._get_dunning_numbering(date)
        if sequence_sudo.implementation == "standard":
            numbers = self._draw_standard_numbers(sequence_sudo, current, count)
        else:
            numbers = self._draw_gapless_numbers(current, count)
        prefix, suffix = sequence_sudo._get_prefix_suffix(date, date)
        return [
            f"{prefix}{number:0{sequence_sudo.padding}d}{suffix}" for number in numbers
        ]

    def _get_dunning_numbering(self, date):
        """Return the sequence and its range for a date, made when first needed."""
        # numbering is the system's business, not a right of the user who issues
        sequence_sudo = self.sudo()._get_dunning_sequence()
        return sequence_sudo, sequence_sudo._get_current_sequence(date)

    def _draw_standard_numbers(self, sequence, current, count):
        name = f"ir_sequence_{sequence.id:03d}"
        if current != sequence:
            name += f"_{current.id:03d}"
        rows = self.env.execute_query(
            SQL("SELECT NEXTVAL(%s) FROM GENERATE_SERIES(1, %s)", name, count)
        )
        return sorted(number for (number,) in rows)

    def _draw_gapless_numbers(self, current, count):
        """Take a block of a sequence without gaps; others wait for our transaction."""
        step = current.number_increment if "number_increment" in current else 1
        [(first,)] = self.env.execute_query(
            SQL(
                """UPDATE %s SET number_next = number_next + %s WHERE id = %s
                RETURNING number_next - %s""",
                SQL.identifier(current._table),
                count * step,
                current.id,
                count * step,
            )
        )
        current.invalidate_recordset(["number_next"])
        return range(first, first + count * step, step)

    def _get_dunning_sequence(self):
        """Return the company's sequence for notices, made when first needed."""
        self.ensure_one()
        if not self.dunning_sequence_id:
            self.dunning_sequence_id = self.env["ir.sequence"].create(
                {
                    "name": self.env._(
                        "Dunning notices of %(company)s", company=self.name
                    ),
                    "code": "account.dunning.notice",
                    "prefix": "DUN/%(range_year)s/",
                    "padding": 5,
                    "use_date_range": True,
                    "company_id": self.id,
                }
            )
        return self.dunning_sequence_id
