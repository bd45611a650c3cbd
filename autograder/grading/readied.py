"""What every worker would work out anew: imported once by the process that they are forked from.

This module does its work on import, since importing is all that a fork server can be asked for.
"""

import IPython.core.inputtransformer2  # noqa: F401  # told from a learner's answers which are begun
import nbformat.v4
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from autograder.execution import engine  # noqa: F401  # papermill looks its engines up on import

# Compiles the schema that every notebook is held against.
nbformat.validate(nbformat.v4.new_notebook())
# Reads every installed package's entry points.
KernelProvisionerFactory.instance()
