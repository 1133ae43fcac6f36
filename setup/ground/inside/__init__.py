"""Run by the Python of the virtual environment, most of it within Odoo."""
