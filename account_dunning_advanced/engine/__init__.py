from . import assessment
from . import allowance, writeoff
