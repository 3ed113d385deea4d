"""SCIM 2.0 (RFC 7643, 7644) at ``/scim/v2/{account}``: how Entra ID's provisioning service keeps an account's users.

- ``routes``      HTTP: whose secret, how large a body; ``tokens`` are the secrets, made, shown once, rotated, revoked
- ``endpoint``    a request whose secret is known, and its answer; ``sync`` says whose it is
- ``service``     the protocol's operations, of scim2-server's steps; ``resources`` are the models and what is claimed
- ``storage``     what the operations read and change; ``kinds`` is what users and groups have in common for it
- ``users``, ``groups``  rows of each in a transaction; ``refused`` turns refusals into SCIM errors
- ``people``      a SCIM user as the person in our columns, and back; ``paths`` reads one text of a resource
- ``filters``     a SCIM filter as a SQL condition; ``attributes`` knows where each attribute stands

In come requests with an account's secret; out go changes through ``cloudlink.service.administration.people``, as an
administrator of that account would make them, with audit entries and outbox events. What only SCIM knows (external ids,
attributes without a column, groups) is written here. scim2-models reads the resources, scim2-server the protocol;
both are free of any web framework. A new rule of what SCIM may do to a person belongs in ``users``.
"""
