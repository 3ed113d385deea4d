"""Sessions, tokens and applications, on both databases; the Authentication API over HTTP."""
