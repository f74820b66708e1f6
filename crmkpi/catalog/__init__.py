"""The catalogue: what exists, declared in TOML and read into frozen models."""

from crmkpi.catalog.metric import Metric, metrics
from crmkpi.catalog.trees import TreeTemplate

__all__ = ["Metric", "TreeTemplate", "metrics"]
