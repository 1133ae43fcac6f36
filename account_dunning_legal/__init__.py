from . import engine, models
from .hooks import uninstall_hook
