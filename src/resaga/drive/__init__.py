"""Where the core meets the world: two loops, one blocking, one awaiting; the call of a body; time, and ids."""
