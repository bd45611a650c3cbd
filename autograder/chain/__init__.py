"""The chain of a project's labs: what each leaves, as a module, to those after it."""
