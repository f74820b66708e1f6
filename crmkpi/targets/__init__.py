"""Targets: the goal of a metric, how far it is, the way there, and whether it can be stood behind."""
