"""How a sandbox stands, in a form in which two of them can be compared: all that matters, nothing that is random."""
