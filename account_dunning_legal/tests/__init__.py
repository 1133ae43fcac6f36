from . import test_access_rights
from . import test_assessment
from . import test_case
from . import test_claim
from . import test_demand
from . import test_engine
from . import test_gate
from . import test_procedure
