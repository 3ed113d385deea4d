"""What administrators may ask of CloudLink: contracts for the console, the public API and SCIM.

One module for each noun, with its dataclasses and one ``Protocol``:

- ``actor``         who makes a change, and what their role allows
- ``refusals``      why a change is not made, typed by cause, each with the field it is about
- ``accounts``      customers of a partner: create, change, deactivate, export, delete
- ``users``         people: find, create, change, invite, delete; telephony roles
- ``imports``       many users from a file: preview, run, report
- ``gateways``      pairing, keys, live state, and how much of the PBX's capacity is used
- ``integrations``  Entra SSO, Entra Sync, Teams presence, and SCIM's tokens
- ``tenants``       the Entra ID tenants and e-mail domains of an account
- ``clients``       applications that may ask for tokens
- ``audit``         who changed what
- ``mails``         what the service has written to people, or would have
- ``reports``       problem reports

Every question names its actor first and is answered as if what they may not see did not exist (``UnknownId``). Every
change is in the audit log, in the same transaction. Imports only ``cloudlink.model`` and ``cloudlink.port``;
``cloudlink.service.administration`` fulfils these contracts, the hosted CloudLink does not: Mitel's portal does.
"""
