"""``$filter`` of OData, as far as it is safe to answer.

- ``syntax``  the words and the tree of a filter
- ``parser``  from text to tree, bounded in length and depth
- ``sql``     from tree to a condition on columns

The grammar: ``eq ne gt ge lt le``, ``and or not``, ``contains startswith endswith``, parentheses; strings in single
quotes (two stand for one), numbers, ``true false null``, times of ISO 8601 with or without quotes. Mitel documents
"basic OData" by two examples, ``contains(principal, '<id>')`` and ``direction eq 'inbound'``, of which one puts the
whole filter into double quotes; both are taken.

A parser of our own: the one kept as a library for Python (odata-query) had its last release in June 2024, and its
visitors recurse without a bound.
"""
