"""Finding people fast: users with an extension and contacts of Microsoft 365, as one list without repeats.

- ``words``   what a person is found by, and what a text that is searched for means
- ``index``   keeps the words of users and contacts, in the transaction that changes these
- ``search``  reads pages of people, with their numbers and devices

A contact is a user's other half when both have the same e-mail address (or login), mobile or extension: then there is
one person, with the user's name and the numbers of both. Every function is scoped by account.
"""
