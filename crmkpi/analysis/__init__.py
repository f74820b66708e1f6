"""Customers in groups, their value, and whether an action worked: RFM, LTV, base flow, lists, uplift.

Everything reads the canonical store through crmkpi.engine, or is pure mathematics over arrays.
"""
