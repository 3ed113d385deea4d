"""What the bot tells people by itself: missed calls, summaries, news of problem reports."""
