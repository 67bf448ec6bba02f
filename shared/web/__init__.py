"""What `predict` shows over HTTP: routes, bodies, problems, answers. Imports shared.core only."""
