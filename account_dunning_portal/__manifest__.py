{
    "name": "Dunning: Customer Portal",
    "summary": "Customers see what they owe and why, and download their notices",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Account Dunning contributors",
    "website": "https://github.com/account-dunning/account-dunning",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["account_dunning_advanced", "account_payment"],
    "data": [
        "views/account_dunning_notice_views.xml",
        "views/account_dunning_portal_templates.xml",
    ],
}
