from . import aging, allowance, as_of, assessment, charge, interest
from . import forecast, kpi, rounding, statement, writeoff, xlsx
