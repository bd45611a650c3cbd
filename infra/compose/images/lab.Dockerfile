# Two images from one hash-pinned lock: `server` runs MLflow, `contract` runs the contract suite.
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE} AS locked
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/lab
COPY requirements/stack.txt /tmp/
RUN /opt/lab/bin/pip install --require-hashes --requirement /tmp/stack.txt

FROM locked AS locked-for-tests
COPY requirements/dev.txt /tmp/
RUN /opt/lab/bin/pip install --require-hashes --requirement /tmp/dev.txt

FROM ${PYTHON_IMAGE} AS server
ENV PATH=/opt/lab/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lab
COPY --from=locked /opt/lab /opt/lab
USER 10001:10001

FROM ${PYTHON_IMAGE} AS contract
ENV PATH=/opt/lab/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/course
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lab
COPY --from=locked-for-tests /opt/lab /opt/lab
WORKDIR /course
COPY pyproject.toml README.md ./
COPY autograder autograder
COPY infra infra
COPY tests tests
USER 10001:10001
