from . import account_dunning_answer
from . import account_dunning_answer_promise
from . import account_dunning_assessment
from . import account_dunning_attempt
from . import account_dunning_checkout
from . import account_dunning_debt_help
from . import account_dunning_hold
from . import account_dunning_notice
from . import account_dunning_notice_code
from . import account_dunning_notice_link
from . import account_dunning_notice_rating
from . import account_dunning_policy
from . import account_dunning_promise
from . import account_dunning_statement
from . import account_dunning_statement_agreement
from . import account_dunning_statement_notice
from . import account_dunning_statement_position
from . import account_dunning_statement_timeline
from . import account_dunning_wishes
from . import account_payment
from . import payment_transaction
from . import account_dunning_customer_statement

# Live chat.
from . import account_dunning_chat
from . import ir_http
from . import res_config_settings

# Data protection.
from . import account_dunning_personal
from . import account_dunning_retention
