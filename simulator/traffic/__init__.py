"""Who calls whom, and when.

In come script texts, or a seed and a rate; out go acts upon a ``Switch``, told as steps of a ``Timeline``. It imports
``switch`` and ``timeline``. ``live_call`` is one call with verbs that read as a person would tell them; ``script``
reads lines of text (``scripts/*.txt`` come with the package) and ``playing`` plays them; ``mix`` writes such lines at
random, and ``random_calls`` plays those; ``people`` holds the names and numbers. All numbers are reserved for fiction,
all names are roles.
"""
