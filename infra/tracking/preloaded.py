"""What MLflow works out when a process first logs a model, for labs to name in `preload`.

It does its work on import, since importing is all that can be asked of a process to be forked.
"""

import git  # noqa: F401
import mlflow.models.rag_signatures
import mlflow.pyfunc
import mlflow.sklearn
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store
import mlflow.tracing.processor.base_mlflow  # noqa: F401
from mlflow.utils import requirements_utils

from infra.tracking.client import find_headers_without_feast
from infra.tracking.migrated_stores import remember_migrations

find_headers_without_feast()
# Which package each installed module belongs to, read from every package's list of files. A
# version of MLflow that does this elsewhere is only slower.
_read = getattr(requirements_utils, "_init_packages_to_modules_map", None)
if _read is not None:
    _read()
remember_migrations()
