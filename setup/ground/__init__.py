"""The ground: gets Odoo 19 and its parts, makes databases, runs and tests.

Standard library only, since it runs before anything is installed. The folder
``inside`` is the exception: its files are run by the Python of the virtual
environment, most of them within Odoo.
"""
