"""How fast the exporter is, beside what it is made of: `python -m tests.exporter_stub.bench`."""
