"""The wire to HubSpot: what its messages mean, its OAuth, its limits, one function per endpoint."""
