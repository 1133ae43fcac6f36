import re

from lxml import etree

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestViews(TransactionCase):
    """What every list and setting of the suite keeps to."""

    def _get_views(self, kind):
        """Yield each view of a kind of the suite's models, with its model and arch."""
        views = self.env["ir.ui.view"].search(
            [
                ("type", "=", kind),
                ("mode", "=", "primary"),
                "|",
                ("model", "=like", "account.dunning.%"),
                ("model", "=like", "account.legal.%"),
            ]
        )
        for view in views:
            model = self.env[view.model]
            yield view, model, etree.fromstring(model.get_view(view.id, kind)["arch"])

    def test_only_counts_are_summed_up(self):
        """A group's row adds up how many there are, no days of a month nor rates."""
        for view, model, arch in self._get_views("list"):
            for node in arch.iterfind("field"):
                field = model._fields[node.get("name")]
                if not field.store or field.type not in ("integer", "float"):
                    continue
                if field.aggregator == "sum":
                    with self.subTest(view=view.name, field=field.name):
                        self.assertRegex(field.name, "count$")

    def test_colour_of_how_sure_a_fact_is_means_something(self):
        """The scales differ; a colour for what is not on the scale is never seen."""
        own = "//field[@name='confidence'][not(ancestor::field)]"
        for kind in ("list", "form"):
            for view, model, arch in self._get_views(kind):
                for node in arch.xpath(own):
                    scale = dict(
                        model._fields["confidence"]._description_selection(self.env)
                    )
                    colours = [
                        v for k, v in node.items() if k.startswith("decoration-")
                    ]
                    with self.subTest(view=view.name):
                        self.assertTrue(colours)
                        self.assertLessEqual(
                            set(re.findall("'(.+?)'", " ".join(colours))), set(scale)
                        )

    def test_every_setting_says_what_it_sets(self):
        """Odoo takes the label of a field only where it stands in no other tag."""
        arch = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        settings = etree.fromstring(arch).xpath(
            "//setting[starts-with(@id, 'dunning_')]"
        )
        self.assertTrue(settings)
        for setting in settings:
            with self.subTest(setting=setting.get("id")):
                has_label = setting.get("string") or setting.find("field") is not None
                self.assertTrue(has_label)
