"""What a load tells, written down."""

from hubspot.sync.parts import Found


class Notebook:
    """A report that only remembers."""

    def __init__(self):
        self.facts, self.totals, self.arrivals, self.notes, self.builders = None, {}, [], [], {}
        self.resumptions, self.widenings = [], []

    def portal(self, portal):
        assert not self.arrivals, "the facts come before the first record"
        self.facts = portal

    def begins(self, object_type, builder):
        self.builders[object_type] = builder
        self.resumptions.append((object_type, builder.num_records))

    def total(self, object_type, total):
        self.totals[object_type] = total

    def arrived(self, object_type, records):
        self.arrivals.append((object_type, records))

    def widens(self, object_type, records, total):
        self.widenings.append((object_type, records, total))

    def note(self, sentence):
        self.notes.append(sentence)


class Nowhere:
    """Keeps nothing, and finds nothing."""

    def found(self, _object_type, schema):
        return Found(schema)

    def keep(self, *_):
        pass
