from . import assessment
from . import charge
from . import interest
from . import rounding
