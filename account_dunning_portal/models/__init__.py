from . import account_dunning_notice
from . import account_dunning_statement
