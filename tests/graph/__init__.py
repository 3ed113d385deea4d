"""Microsoft Graph, by real HTTP."""
