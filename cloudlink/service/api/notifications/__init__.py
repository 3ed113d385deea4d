"""The Notifications API: programs that want to know at once.

- ``routes``         its operations over HTTP; ``bodies`` what they take
- ``subscriptions``  who is told what, and where
- ``publications``   from an outbox event to what is told
- ``filters``        ``publicationFilter``, a JSONPath
- ``deliveries``     what is still to be told: written by the outbox consumer ``FanOut``, kept in order
- ``targets``        which addresses a webhook may have
- ``webhooks``       posts to them, again and again
- ``sockets``        the same by WebSocket

Events come in through the outbox, so a restart loses none; each is told at least once, and one that is
told twice has the same ``publicationId``. Mitel publishes the body of a subscription and a sample of a publication.
Retries, order, life of a subscription and everything about WebSockets are not public: they are ours.
"""
