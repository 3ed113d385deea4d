"""A problem report between a person and support, whether it is written in a tab or in the bot's chat.

- ``desk``      from what a person writes to a draft that shows what would be sent
- ``facts``     what the app adds: its version, client, language, the gateway's state, the person's last errors
- ``errors``    the last errors of each person, noted where one is told a reference
- ``pictures``  whether a file is a picture that may be kept

In come a person's words, their picture and what their client says of itself, none of it trusted; out goes a draft of
``cloudlink.administration.reports``. Numbers are taken out by ``dialing.redaction``. A new fact is a ``Fact`` there,
its name in ``report_sentences``, and a line in ``facts``. Imports cloudlink (contracts), dialing, i18n and store.clock.
"""
