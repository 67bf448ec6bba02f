"""An AI-Platform-compatible prediction service: answers ml v1, scales to zero on Cloud Run."""
