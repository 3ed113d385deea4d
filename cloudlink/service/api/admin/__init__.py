"""The Admin API: HTTP around ``cloudlink.administration``, which decides who may do what and writes the audit log.

- ``routes``     its operations over HTTP
- ``bodies``     what they take
- ``directory``  the account's users in pages: all of them for administrators, colleagues for everybody else

Mitel publishes of this API which paths there are, the fields of an account and a user, and the body of a forgotten
password. The bodies by which users and applications are made and changed are not public: they take the fields that
their objects have, with ``firstName`` and ``lastName``. ``/users`` is about the account of the token.
"""
