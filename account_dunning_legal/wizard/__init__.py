from . import account_legal_placement_import
