"""Append batches as fast as can be, and say of each when it was committed; made to be killed."""

import sys
from itertools import count
from pathlib import Path

import pyarrow as pa

from infra.storage.dataset import Dataset, DatasetConfig
from infra.storage.on_disk import DiskStore

if __name__ == "__main__":
    name = sys.argv[2]
    dataset = Dataset(DiskStore(Path(sys.argv[1])), DatasetConfig("killed", ("part",)))
    for number in count():
        rows = {"batch": [f"{name}-{number}"] * 40, "part": [1, 2, 3, 4] * 10}
        dataset.append(pa.table(rows))
        print(f"{name}-{number}", flush=True)
