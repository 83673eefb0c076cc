"""Random fleets of Compozy processes whose events are known, and a judge of rules on them.

A fleet is a history of events and of scrapes. `samples` turns it into what Prometheus would have
stored, promtool evaluates a rule file over that, and `judge` says from the events and the contract
alone when each alert must fire, must not, or may do either.
"""
