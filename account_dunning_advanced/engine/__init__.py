from . import allowance, assessment, charge, interest, rounding, writeoff
