"""The reference exporter: emits Compozy's LLM usage series, and really persists what it counts.

Read the modules in this order: catalogue, traffic, metrics and faults are the model; database,
failure_log and persistence write; web and control serve HTTP; serve runs all of it, and replay
needs no database.
"""
