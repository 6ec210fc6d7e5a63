"""Questions about a portal's records and their answers: frame in, frame or number out.

Nothing here reads a clock, a network or a file: the frames, the portal and the calendar come in as arguments.
"""
