"""In-memory ports. They pass the contract tests of tests/contracts, as the adapters do."""
