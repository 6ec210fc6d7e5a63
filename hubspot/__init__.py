"""A read-only dashboard over a HubSpot portal's contacts and companies.

Rooms, each importing only what lies below it: ui → sync → connections → api → the ground
(errors, settings, keyring, portal and analysis). The sandbox shares no code with any of them.
"""
