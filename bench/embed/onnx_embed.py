"""Embeds random crops with onnxruntime: python onnx_embed.py model.onnx --batch 32 --batches 10 --threads 2"""
import argparse, json, time
import numpy as np
import onnxruntime as ort

parser = argparse.ArgumentParser()
parser.add_argument('model')
parser.add_argument('--batch', type=int, default=32)
parser.add_argument('--batches', type=int, default=10)
parser.add_argument('--threads', type=int, default=0)
given = parser.parse_args()

options = ort.SessionOptions()
options.intra_op_num_threads = given.threads
session = ort.InferenceSession(given.model, options, providers=['CPUExecutionProvider'])
side = session.get_inputs()[0]
images = np.random.default_rng(2).integers(0, 256, (given.batch, *side.shape[1:])).astype(np.float32)
session.run(None, {side.name: images})
started = time.perf_counter()
for _ in range(given.batches):
    session.run(None, {side.name: images})
print(json.dumps({'imagesPerSecond': given.batch * given.batches / (time.perf_counter() - started)}))
