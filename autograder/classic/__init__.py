"""Courses written for plain nbgrader: their own in-kernel tests, on our engine.

A test that runs in the learner's kernel can be forged from inside, since "executed and passed" is
a claim of that kernel. Such courses are graded as nbgrader would, within the sandbox and a
deadline, except where nbgrader gives points to a test that never ran.
"""
