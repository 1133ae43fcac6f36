from collections import defaultdict

from odoo import fields, models
from odoo.tools import format_date


class AccountDunningNoticeChargeBilling(models.Model):
    """Billing: what a notice charges becomes the lines of an ordinary invoice.

    What the notice asks for is what the customer pays, to the cent and with tax.
    """

    # rooms of their own: waiving, billing and crediting
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice.charge"

    # === BUSINESS METHODS - BILLS === #

    def _bill(self, day=None):
        """Bill these charges: one invoice a notice, all posted in one batch.

        :param date day: of the bills; without it that of their notices.
        """
        if not self:
            return
        bills = self.notice_id._create_bills(self, day)
        for notice, charges in self.grouped("notice_id").items():
            bill = bills[notice]
            lines = bill.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
            for group, line in zip(charges._group_for_bill(), lines, strict=True):
                group.write({"state": "posted", "invoice_line_id": line.id})
            notice._unguarded().charge_move_id = bill

    def _group_for_bill(self):
        """Return the charges of a notice in groups; each makes one line of the bill."""
        return list(
            self.grouped(
                lambda charge: (charge.notice_line_id, charge.kind, charge.charge_id)
            ).values()
        )

    def _prepare_bill_line(self, group):
        """Return the values of the bill's line for a group of like charges."""
        product = self._get_product()
        taxes = self._get_taxes()
        amount = self.currency_id.round(sum(group.mapped("amount")))
        return {
            "product_id": product.id,
            "name": self._get_bill_text(group),
            "quantity": 1.0,
            "price_unit": amount,
            "tax_ids": [fields.Command.set(taxes.ids)],
            **(self._prepare_tax_included(amount, product, taxes) if taxes else {}),
        }

    def _get_bill_text(self, group):
        """Return what the customer reads on the bill, in the customer's language."""
        lang = self.notice_id.partner_id.lang or self.env.lang
        charge = self.with_context(lang=lang)
        if self.kind != "interest":
            return charge.env._(
                "%(charge)s (%(invoice)s)",
                charge=charge.charge_id.name,
                invoice=self.move_id.name,
            )
        days = group.mapped("date_from") + group.mapped("date_to")
        return charge.env._(
            "Interest on %(invoice)s from %(from)s to %(to)s",
            invoice=self.move_id.name,
            **{
                "from": format_date(charge.env, min(days)),
                "to": format_date(charge.env, max(days)),
            },
        )

    # === BUSINESS METHODS - TAXES === #

    def _get_product(self):
        """Return the product that bills the charge."""
        return self.charge_id.product_id or self.company_id._get_dunning_product(
            self.kind
        )

    def _get_taxes(self):
        """Return the taxes of the bill's line, by the customer's fiscal position."""
        company = self.company_id
        taxes = self._get_product().taxes_id._filter_taxes_by_company(company)
        if not taxes:
            return taxes
        position = (
            self.env["account.fiscal.position"]
            .with_company(company)
            ._get_fiscal_position(self.notice_id.partner_id)
        )
        return position.map_tax(taxes)

    def _get_taxes_all(self):
        """Return the taxes of all these charges' bills."""
        taxes = self.env["account.tax"]
        for group in self.grouped(lambda c: (c.kind, c.charge_id)).values():
            taxes |= group[:1]._get_taxes()
        return taxes

    def _prepare_tax_included(self, amount, product, taxes):
        """Return price and taxes of a bill's line that costs an amount, tax included.

        What the notice asks for is what the customer pays. The tax is fixed with the
        line: computed anew from the net price it could be a cent more or less.
        """
        computed = taxes.with_context(force_price_include=True).compute_all(
            amount, currency=self.currency_id, product=product
        )
        if any(tax.has_negative_factor for tax in taxes.flatten_taxes_hierarchy()):
            # the customer owes it to the state: nothing is added to the price
            return {"price_unit": computed["total_excluded"]}
        parts = defaultdict(float)
        for tax in computed["taxes"]:
            parts[tax["id"]] += tax["amount"]
        net = self.currency_id.round(amount - sum(parts.values()))
        return {"price_unit": net, **self._prepare_fixed_tax(net, parts)}

    def _prepare_fixed_tax(self, net, parts, currency=None):
        """Return values that keep Odoo from computing the tax of a line by itself.

        :param float net: the price of the line.
        :param dict parts: {tax id: amount}.
        :param currency: of the line; without it that of the charge.
        """
        currency = currency or self.currency_id
        return {
            "extra_tax_data": {
                "currency_id": currency.id,
                "price_unit": net,
                "discount": 0.0,
                "quantity": 1.0,
                "manual_total_excluded_currency": net,
                "manual_tax_amounts": {
                    str(tax_id): {"tax_amount_currency": currency.round(part)}
                    for tax_id, part in parts.items()
                },
            }
        }
