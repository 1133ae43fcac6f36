from . import account_dunning_export
