"""Fulfils the contracts of ``cloudlink.administration`` on the store.

- ``rights``   who may see and change an account: every question goes through it first
- ``audit``    the log: ``record`` in the transaction of the change, and its reading
- ``people``   users, made, changed and removed in the caller's transaction: whoever changes a user comes here.
               ``roles``, ``unique``, ``telephony`` and ``access`` hold its rules, ``user_fields`` and ``user_rows`` its
               columns; ``users`` and ``user_list`` fulfil the contract around it
- ``accounts`` with ``account_fields``, ``account_rows`` and ``account_list``; ``export`` gives one out whole,
               ``closing`` ends one
- ``imports``  with ``table_file`` (bytes to lines, by ``table_words``), ``import_check`` (lines to refusals) and
               ``import_rows``
- ``fields``   what people type, cleaned or refused
- the rest     one module for each contract

A change is one ``Database.write``: rights, change, audit entry and outbox event, or nothing. What other processes and
rooms must learn of (a user deactivated, extensions changed) is an outbox event, never a call.
"""
