from . import account_dunning_portal
