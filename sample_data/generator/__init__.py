"""The sample shop, step by step: plan -> people -> buying -> baskets -> mailing -> spending -> exports.

Inside the generator time is whole minutes since the first day of the data, money is whole kopecks and
values are keys of words.toml: sums are exact and both languages come from one shop.
"""
