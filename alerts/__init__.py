"""The rules as data: an alert is one module, and a field of `config.Config`, which is the index."""
