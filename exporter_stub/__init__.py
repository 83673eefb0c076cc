"""The reference exporter: emits Compozy's LLM usage series, and really persists what it counts.

In the order to read: catalogue, traffic, faults and metrics are the model; database, backlog and
persistence write; web and control answer; serve runs all of it, and replay does without a database.
"""
