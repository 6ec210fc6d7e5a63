"""A local HubSpot on the same wire: sample portal, test double over real sockets, and yardstick for speed.

It imports nothing from the other rooms of this package, so that it stays an independent witness.
"""
