import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// A collector's morning: for new users to follow, and for the tests to click through.
registry.category("web_tour.tours").add("account_dunning_tour", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps(
            "account.menu_finance",
            _t("Collecting receivables is part of Invoicing.")
        ),
        {
            trigger: "[data-menu-xmlid='account.menu_finance_receivables']",
            content: _t("Who owes what stands with the customers."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger:
                "[data-menu-xmlid='account_dunning_advanced.account_dunning_worklist_menu']",
            content: _t("Your worklist: whom to call first, and why."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_list_view button[name='action_start']",
            content: _t("Begin with the debtor on top."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name='action_call']",
            content: _t("Everything about the debtor is on this page. Now call."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='outcome']",
            content: _t("What came out of it?"),
            tooltipPosition: "right",
        },
        {
            trigger: ".modal .o_field_widget[name='outcome'] .o_radio_item:contains('Promised') input",
            content: _t("The customer promises to pay."),
            run: "click",
        },
        {
            trigger: ".modal footer button[name='action_apply']",
            content: _t("Note the call; the promise comes next."),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: ".modal footer:has(button[name='action_draft']) button[name='action_apply']",
            content: _t("Take it: dunning rests until the day of the promise."),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_form_view button[name='action_next']",
            content: _t("And on to the next one."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_notification:contains('Nobody is left')",
        },
    ],
});
