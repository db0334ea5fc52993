"""A record in an engine that many services share: publishing it there, reading it, moving it."""
