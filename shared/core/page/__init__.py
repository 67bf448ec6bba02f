"""What every HTML page of ours is made of: escaped markup, one style sheet, charts. No script."""
