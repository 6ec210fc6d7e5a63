"""A typed copy of the portal: loaded over the wire, kept as an encrypted snapshot, fresh by jobs."""
