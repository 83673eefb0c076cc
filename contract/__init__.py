"""The vocabulary of Compozy's LLM usage monitoring. Every other room reads it; it reads none."""
