from . import account_dunning_export
from . import account_dunning_personal
