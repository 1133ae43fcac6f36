from . import test_portal_access
from . import test_portal_answers
from . import test_portal_crawl
from . import test_portal_link
from . import test_portal_pages
from . import test_statement
from . import test_verify
