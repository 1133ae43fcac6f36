from . import engine, models, wizard
from .hooks import uninstall_hook
