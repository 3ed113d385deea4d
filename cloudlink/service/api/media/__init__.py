"""The Media API: call records and line state.

- ``routes``     its operations over HTTP
- ``bodies``     what they take
- ``questions``  what a ``$filter`` asks: whose records, and which of the call log's own lists, if it is one
- ``records``    answers that from the store; hides records
- ``endpoints``  line state, by the id of a device or of its user

A user sees their own records and devices, an administrator (or an application with that role) the account's. Making a
call and acting on one needs a gateway that can, which none can yet: such a request is checked and then answered with
Mitel's *Feature not allowed* (403). So are changes of an endpoint, for which Mitel's description lists no 403.
"""
