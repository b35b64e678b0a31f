"""Every table, declared once: columns with units and origins, key, files, what it is made from, code version. No I/O."""
