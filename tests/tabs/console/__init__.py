"""The console over HTTP and in Chromium, with the real services behind it."""
