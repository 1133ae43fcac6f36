from . import account_dunning_hold_create, account_dunning_run_adjust
from . import account_dunning_writeoff_create
