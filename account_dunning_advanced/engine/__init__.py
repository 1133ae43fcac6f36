from . import aging, allowance, as_of, assessment, charge, interest
from . import kpi, rounding, statement, writeoff, xlsx
