"""Tests of ``bot.extension``, over HTTP as Teams asks."""
