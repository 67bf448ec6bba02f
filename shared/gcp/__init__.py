"""The only room of shared that talks to Google: adapters of the ports in shared.core.ports."""
