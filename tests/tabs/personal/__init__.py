"""The personal tabs: pages over HTTP, and in Chromium."""
