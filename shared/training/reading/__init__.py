"""From the bytes of a CSV to a Dataset, or to a refusal that says what to mend."""
