"""The rules as data: each alert is a module here, and a field of `config.Config`."""
