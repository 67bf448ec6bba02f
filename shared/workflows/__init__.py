"""What each function does: ports in, result out, no I/O of its own."""
