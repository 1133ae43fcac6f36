from . import account_dunning_portal
from . import account_dunning_answer
from . import account_dunning_pay
from . import account_dunning_download
from . import account_dunning_verify
from . import account_dunning_wishes
