from . import account_dunning_demo
from . import account_dunning_demo_troubles
