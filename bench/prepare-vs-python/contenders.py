"""The Python side: python contenders.py <mode> <photos.json> [caffe directory]. Prints {"seconds", "cpu", "count"} of the timed part; imports, loading and two photos to warm up are not timed.

mtcnn-1    ipazc mtcnn 1.0.0 with its defaults
opencv     the Caffe MTCNN on OpenCV's DNN module in two processes, with the surrounding code of mtcnn 0.1
tier       one aligned source: warp, Opening, Gaussian noise, salt and pepper, four JPEGs in memory, with OpenCV and numpy on one thread
seed       the original script: mtcnn 0.1.1, exactly one face, skimage's warp parameters and noises, four files
"""
import json
import multiprocessing
import os
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import cv2
import numpy as np

mode, listing, *rest = sys.argv[1:]
photos = json.load(open(listing))
TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
KEYS = ["left_eye", "right_eye", "nose", "mouth_left", "mouth_right"]


def read(path):
    image = cv2.imread(path)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def timed(work, items, warm=2):
    for item in items[:warm]:
        work(item)
    start, cpu = time.perf_counter(), time.process_time()
    for item in items:
        work(item)
    return time.perf_counter() - start, time.process_time() - cpu


def report(seconds, cpu, count):
    print(json.dumps({"seconds": seconds, "cpu": cpu, "count": count}))


def mtcnn_1():
    from mtcnn import MTCNN
    detector = MTCNN()
    report(*timed(lambda path: detector.detect_faces(read(path)), photos), len(photos))


# --- OpenCV's DNN module with the rules of mtcnn 0.1 ---
def nms(boxes, threshold, method):
    x1, y1, x2, y2, s = (boxes[:, i] for i in range(5))
    area = (x2 - x1 + 1) * (y2 - y1 + 1)
    order, kept = np.argsort(s), []
    while order.size:
        i, order = order[-1], order[:-1]
        kept.append(i)
        w = np.maximum(0.0, np.minimum(x2[i], x2[order]) - np.maximum(x1[i], x1[order]) + 1)
        h = np.maximum(0.0, np.minimum(y2[i], y2[order]) - np.maximum(y1[i], y1[order]) + 1)
        shared = w * h
        overlap = shared / (np.minimum(area[i], area[order]) if method == "min" else area[i] + area[order] - shared)
        order = order[overlap <= threshold]
    return boxes[kept]


def square(boxes):
    h, w = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    side = np.maximum(w, h)
    boxes[:, 0] += (w - side) * 0.5
    boxes[:, 1] += (h - side) * 0.5
    boxes[:, 2:4] = boxes[:, 0:2] + side[:, None]
    return np.fix(boxes[:, :4])


def crops(image, boxes, side):
    h, w = image.shape[:2]
    out = np.zeros((len(boxes), 3, side, side), np.float32)
    for n, (x1, y1, x2, y2) in enumerate(boxes.astype(int)):
        if x2 < x1 or y2 < y1:
            continue
        crop = np.zeros((y2 - y1 + 1, x2 - x1 + 1, 3), np.float32)
        l, t, r, b = max(x1 - 1, 0), max(y1 - 1, 0), min(x2, w), min(y2, h)
        if r > l and b > t:
            crop[t - y1 + 1:b - y1 + 1, l - x1 + 1:r - x1 + 1] = image[t:b, l:r]
        out[n] = ((cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) - 127.5) * 0.0078125).transpose(2, 1, 0)
    return out


class OpenCv:
    def __init__(self, directory):
        cv2.setNumThreads(1)
        self.p, self.r, self.o = (cv2.dnn.readNetFromCaffe(f"{directory}/det{i}.prototxt", f"{directory}/det{i}.caffemodel") for i in (1, 2, 3))

    @staticmethod
    def run(net, blob, names):
        net.setInput(blob)
        return net.forward(names)

    def __call__(self, path):
        image = read(path)
        h, w = image.shape[:2]
        found, scale = [], 0.6
        while min(h, w) * scale >= 12:
            size = (int(np.ceil(w * scale)), int(np.ceil(h * scale)))
            blob = ((cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) - 127.5) * 0.0078125).transpose(2, 1, 0)[None]
            offsets, scores = self.run(self.p, blob, ["conv4-2", "prob1"])
            x, y = np.where(scores[0, 1] >= 0.6)
            if x.size:
                cell = np.stack([np.fix((2 * x + 1) / scale), np.fix((2 * y + 1) / scale), np.fix((2 * x + 12) / scale), np.fix((2 * y + 12) / scale), scores[0, 1][x, y]], 1)
                found.append(nms(np.hstack([cell, offsets[0][:, x, y].T]), 0.5, "union"))
            scale *= 0.709
        if not found:
            return []
        boxes = nms(np.vstack(found), 0.7, "union")
        side = np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]] * 2, 1)
        boxes = square(boxes[:, :4] + boxes[:, 5:9] * side)
        offsets, scores = self.run(self.r, crops(image, boxes, 24), ["conv5-2", "prob1"])
        keep = scores[:, 1] > 0.7
        if not keep.any():
            return []
        boxes = nms(np.hstack([boxes[keep], scores[keep, 1:2], offsets[keep]]), 0.7, "union")
        side = np.stack([boxes[:, 2] - boxes[:, 0] + 1, boxes[:, 3] - boxes[:, 1] + 1] * 2, 1)
        boxes = square(boxes[:, :4] + boxes[:, 5:9] * side)
        offsets, points, scores = self.run(self.o, crops(image, boxes, 48), ["conv6-2", "conv6-3", "prob1"])
        keep = scores[:, 1] > 0.7
        if not keep.any():
            return []
        boxes, offsets = boxes[keep], offsets[keep]
        side = np.stack([boxes[:, 2] - boxes[:, 0] + 1, boxes[:, 3] - boxes[:, 1] + 1] * 2, 1)
        return nms(np.hstack([boxes + offsets * side, scores[keep, 1:2]]), 0.7, "min")


def opencv_half(arguments):
    share, directory, gate = arguments
    detector = OpenCv(directory)
    for path in share[:2]:
        detector(path)
    while time.time() < gate:
        time.sleep(0.005)
    start, cpu = time.time(), time.process_time()
    for path in share:
        detector(path)
    return start, time.time(), time.process_time() - cpu


def opencv():
    gate = time.time() + 6  # both have loaded by then
    with multiprocessing.Pool(2) as pool:
        spans = pool.map(opencv_half, [(photos[i::2], rest[0], gate) for i in range(2)], chunksize=1)
    report(max(end for _, end, _ in spans) - min(start for start, _, _ in spans), sum(cpu for _, _, cpu in spans), len(photos))


# --- alignment and tiers ---
def similarity(points):
    from skimage.transform import SimilarityTransform
    transform = SimilarityTransform()
    transform.estimate(np.asarray(points, float), TEMPLATE)
    return transform.params[:2]


def tier():
    cv2.setNumThreads(1)
    image = read(photos[0]["path"])
    points, rng, ones = photos[0]["points"], np.random.default_rng(1), np.ones((5, 5), np.uint8)

    def source(_):
        face = cv2.warpAffine(image, similarity(points), (112, 112), borderValue=0)
        noise = np.clip(face / 255 + rng.normal(0, 0.1, face.shape), 0, 1)
        struck = face.copy()
        draw = rng.random(face.shape)
        struck[draw < 0.025] = 255
        struck[(draw >= 0.025) & (draw < 0.05)] = 0
        for made in (face, cv2.morphologyEx(face, cv2.MORPH_OPEN, ones), (noise * 255).astype(np.uint8), struck):
            cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, 95])

    report(*timed(source, list(range(10000)), 50), 10000)


def seed():
    sys.path.insert(0, rest[0])  # mtcnn 0.1.1, beside 1.0.0
    from mtcnn import MTCNN
    from skimage.util import random_noise
    detector, ones, out = MTCNN(), np.ones((5, 5), np.uint8), tempfile.mkdtemp()

    def photo(path):
        image = read(path)
        faces = [] if image is None else detector.detect_faces(image)
        if len(faces) != 1:
            return
        face = cv2.warpAffine(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), similarity([faces[0]["keypoints"][key] for key in KEYS]), (112, 112), borderValue=0)
        name = os.path.basename(path)
        cv2.imwrite(f"{out}/{name}", face)
        cv2.imwrite(f"{out}/Open_{name}", cv2.morphologyEx(face, cv2.MORPH_OPEN, ones))
        cv2.imwrite(f"{out}/AddGaussian_{name}", (random_noise(face, mode="gaussian") * 255).astype(np.uint8))
        cv2.imwrite(f"{out}/AddSP_{name}", (random_noise(face, mode="s&p") * 255).astype(np.uint8))

    report(*timed(photo, photos), len(photos))


if __name__ == "__main__":
    {"mtcnn-1": mtcnn_1, "opencv": opencv, "tier": tier, "seed": seed}[mode]()
