"""One module a command: ``setup/NAME`` calls ``commands.NAME.main(arguments)``."""
