"""The lab contract: what a lab consists of, and how it is read, written and kept in form."""
