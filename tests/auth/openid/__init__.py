"""Our OpenID provider, by https, with an application that people come back to."""
