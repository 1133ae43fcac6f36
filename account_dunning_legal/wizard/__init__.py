from . import account_legal_case_readmit
from . import account_legal_placement_import
from . import base_module_uninstall
