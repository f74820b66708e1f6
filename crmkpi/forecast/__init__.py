"""Forecast: where a series goes by itself, how sure that is, and the chance of reaching a number."""
