from . import (
    account_dunning_allocate,
    account_dunning_allocate_line,
    account_dunning_call,
    account_dunning_charge_add,
    account_dunning_charge_waive,
    account_dunning_contact_print,
    account_dunning_dispute_create,
    account_dunning_dispute_decide,
    account_dunning_hold_create,
    account_dunning_promise_create,
    account_dunning_run_adjust,
    account_dunning_trade_release,
    account_dunning_writeoff_create,
    account_validate_account_move,
)
from . import account_dunning_preview
from . import account_dunning_aging_open
from . import account_dunning_export
from . import account_dunning_export_aging
from . import account_dunning_export_run
from . import account_dunning_export_statement
from . import account_dunning_assign
from . import sms_composer
from . import account_dunning_setup
from . import account_dunning_setup_step
from . import account_dunning_erase
from . import base_module_uninstall
from . import base_partner_merge
