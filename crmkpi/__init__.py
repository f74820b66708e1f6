"""CRM KPI explorer.

files -> canonical tables -> measures -> metrics in a tree -> targets -> gap, milestones, forecast -> views ->
page, report, share link. Each arrow is one room of this package; house rules are in tests/test_house.py.
"""

__version__ = "0.1.0"
