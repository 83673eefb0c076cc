"""The reference exporter: emits Compozy's LLM usage series, and really persists what it counts."""
