"""Who is calling, judged against real issuers, a real store and a real browser."""
