// Tests live here.
