"""The engine: canonical tables, a grain, a split and a filter -> values with everything that explains them."""

from crmkpi.engine.data import DataDir, Meta

__all__ = ["DataDir", "Meta"]
