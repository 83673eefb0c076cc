"""The vocabulary of Compozy's LLM usage monitoring, shared by all rooms; it imports none."""
