"""From the ledger's stories to status data, static pages and notices. Imports shared.core only."""
