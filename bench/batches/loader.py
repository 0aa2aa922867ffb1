"""Batches by a PyTorch DataLoader with OpenCV from the shards of a dataset: loader.py dataset --threads 2 --batch 128 --seconds 8"""
import argparse
import glob
import json
import os
import tarfile
import time

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

parser = argparse.ArgumentParser()
parser.add_argument("dataset")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--seconds", type=float, default=8)
given = parser.parse_args()
cv2.setNumThreads(1)  # the processes are the parallelism
paths = sorted(glob.glob(f"{given.dataset}/*.tar"))
places = np.array(
    [(shard, member.offset_data, member.size) for shard, path in enumerate(paths) for member in tarfile.open(path) if member.name.endswith(".jpg")],
    dtype=np.int64,
)


class Crops(Dataset):
    def __init__(self):
        self.files = {}

    def __len__(self):
        return len(places)

    def __getitem__(self, index):
        shard, offset, size = places[index]
        if shard not in self.files:
            self.files[shard] = os.open(paths[shard], os.O_RDONLY)
        data = os.pread(self.files[shard], int(size), int(offset))
        image = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        if np.random.rand() < 0.5:
            image = image[:, ::-1]
        return torch.from_numpy(np.ascontiguousarray(image))


loader = DataLoader(Crops(), batch_size=given.batch, shuffle=True, drop_last=True, num_workers=given.threads, prefetch_factor=4, persistent_workers=True)
images, start = 0, None
while start is None or time.perf_counter() - start < given.seconds:
    for batch in loader:
        if start is None:
            start = time.perf_counter()  # processes and the first batch are no part of it
            continue
        images += len(batch)
        if time.perf_counter() - start > given.seconds:
            break
print(json.dumps({"imagesPerSecond": images / (time.perf_counter() - start)}))
