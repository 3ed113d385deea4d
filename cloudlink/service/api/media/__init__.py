"""The Media API: call records and line state.

- ``routes``     its operations over HTTP
- ``bodies``     what they take
- ``questions``  what a ``$filter`` asks: whose records, and which of the call log's own lists, if it is one
- ``records``    answers that from the store; hides records
- ``endpoints``  line state, by the id of a device or of its user
- ``control``    what commands may hold, and what their failures are answered with

A user sees their own records and devices, an administrator (or an application with that role) the account's. Placing,
answering and ending a call a person does on their own devices alone, whatever their role; the gateway must be linked.
A telephone's active calls are asked of its gateway. Other actions on a call are checked and then answered with Mitel's
*Feature not allowed* (403). So are changes of an endpoint, for which Mitel's description lists no 403.
"""
