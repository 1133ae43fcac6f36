from . import aging, allowance, as_of, assessment, charge, interest
from . import rounding, writeoff, xlsx
