"""The parts of a plan, each a function from a configuration to steps."""
