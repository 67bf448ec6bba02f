"""From the checkout to Google Cloud: check, stage, plan, apply."""
