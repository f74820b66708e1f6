"""Altair charts: rows in, chart out. Labels come preformatted, so a chart never formats a number itself."""
