"""Mail to users: written in the transaction that gives cause for it, sent afterwards by one worker.

- ``queue``      rows of ``mails``: ``enqueue`` in the caller's transaction, what is due, what became of it
- ``letters``    what each kind of mail says
- ``rendering``  a letter as text and HTML (``templates``); the e-mail message around it
- ``server``     where the mail server is
- ``smtp``       hands a message to the mail server, and tells a refusal for good from one for now
- ``worker``     takes what is due and sends it; tries again after growing waits

In come a user and the values of a letter, in a transaction; out goes mail, or, without a mail server, the state
``shown``: then ``administration.mails`` shows the message to an administrator, and only its id is logged, since
its link is a secret. Values are encrypted at rest and emptied once sent. A new kind of mail is a ``Template`` and a
function in ``letters``.

A mail is sent at least once. It is sent twice when the process dies, or the connection breaks, between the server's
acceptance and our note of it; both copies bear one Message-ID.
"""
