"""The page, the reports and the status pages of an installation, as one person sees them here."""
