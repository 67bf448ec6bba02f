"""Google Cloud on one laptop, for dropserve alone. Never deployed.

Each module answers for one Google service; real Google clients talk to it unmodified. It never
imports shared.gcp: that is the other end of the same wires.
"""
