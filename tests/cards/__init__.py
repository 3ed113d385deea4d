"""Tests of ``bot.cards``."""
