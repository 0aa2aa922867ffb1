"""Answers of OpenCV, scikit-image and Python's pickle for the tests of this package: images made by a formula that the tests repeat.

    python3 -m venv venv && venv/bin/pip install 'opencv-python-headless<5' scikit-image
    venv/bin/python opencv.py > golden.json

Where this package must give the same bytes the file holds their SHA-256.
"""
import base64
import hashlib
import json
import pickle

import cv2
import numpy as np
from skimage.transform import SimilarityTransform

TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])


def image(width, height, seed):
    """8-bit noise: the low byte of a hash of the value's index (a murmur3 finaliser)."""
    with np.errstate(over="ignore"):
        h = np.arange(width * height * 3, dtype=np.uint32) + np.uint32(seed * 1000003)
        h = (h ^ (h >> 16)) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> 13)) * np.uint32(0xC2B2AE35)
        return ((h ^ (h >> 16)) & 255).astype(np.uint8).reshape(height, width, 3)


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def pyramid():
    """INTER_AREA on 8-bit images: shrinking by fractions and whole numbers, growing, one axis of each."""
    sizes = [(97, 61, 59, 37), (200, 150, 120, 90), (200, 150, 31, 23), (64, 48, 32, 24), (63, 42, 21, 14), (60, 40, 15, 20),
             (40, 30, 61, 47), (33, 21, 34, 13), (50, 50, 50, 25), (1, 1, 3, 2)]
    cases = []
    for seed, (width, height, to_width, to_height) in enumerate(sizes):
        out = cv2.resize(image(width, height, seed), (to_width, to_height), interpolation=cv2.INTER_AREA)
        cases.append({"seed": seed, "from": [width, height], "to": [to_width, to_height], "sha256": sha256(out)})
    return cases


def crops():
    """INTER_AREA on float64 crops that reach outside the image, as `mtcnn` 0.1.0 feeds its second and third net."""
    cases = []
    for seed, (x, y, width, height, side) in enumerate([(10, 12, 40, 40, 24), (-9, -5, 31, 31, 24), (60, 30, 48, 48, 24), (70, 50, 20, 20, 24),
                                                        (5, 3, 96, 96, 48), (-20, 20, 77, 78, 48), (30, 10, 33, 33, 48), (2, 2, 24, 24, 24)]):
        photo = image(100, 80, seed)
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + width, 100), min(y + height, 80)
        crop = np.zeros((height, width, 3))
        crop[top - y:bottom - y, left - x:right - x] = photo[top:bottom, left:right]
        out = (cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) - 127.5) * 0.0078125
        cases.append({"seed": seed, "crop": [x, y, width, height], "side": side, "sha256": sha256(out.astype(np.float32))})
    return cases


def alignment():
    """SimilarityTransform and warpAffine of noise, where a 32nd of a pixel shows."""
    rng = np.random.default_rng(0)
    cases = []
    for seed in range(6):
        angle, scale = rng.uniform(-3, 3), rng.uniform(0.4, 3)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = np.round((TEMPLATE - 56) @ turn.T + rng.uniform(60, 140, 2) + rng.normal(0, 2, (5, 2)), 3)
        similarity = SimilarityTransform.from_estimate(points, TEMPLATE)
        out = cv2.warpAffine(image(200, 180, seed), similarity.params[:2], (112, 112), borderValue=0)
        cases.append({"seed": seed, "points": points.tolist(), "matrix": similarity.params[:2].tolist(), "sha256": sha256(out)})
    return cases


def boxes():
    """Crops as InsightFace's face_preprocess makes them without landmarks: a box with margin 44, or the centre; cv2.resize as it is."""
    cases = []
    sizes = [(200, 150, (60, 50, 100, 110)), (97, 61, None), (64, 48, (27, 27, 30, 35)), (300, 280, None), (246, 246, (33, 33, 213, 213)), (20, 500, None)]
    for seed, (width, height, box) in enumerate(sizes):
        photo = image(width, height, seed)
        x1, y1, x2, y2 = box or (int(width * 0.0625), int(height * 0.0625), width - int(width * 0.0625), height - int(height * 0.0625))
        crop = photo[max(y1 - 22, 0):min(y2 + 22, height), max(x1 - 22, 0):min(x2 + 22, width)]
        cases.append({"seed": seed, "size": [width, height], "box": box, "sha256": sha256(cv2.resize(crop, (112, 112)))})
    return cases


def opening():
    cases = []
    for seed, (width, height) in enumerate([(112, 112), (7, 5), (3, 2), (1, 1)]):
        out = cv2.morphologyEx(image(width, height, seed) | 7, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        cases.append({"seed": seed, "size": [width, height], "sha256": sha256(out)})
    return cases


def pickles():
    """A dictionary of lists of arrays, as the wheel keeps its weights, in the protocols that numpy has written."""
    value = {"w": [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1.5, -2.5])], "n": [1, 300, -5, 2.5, None, True, 2**40, "ä"]}
    return {str(protocol): base64.b64encode(pickle.dumps(value, protocol)).decode() for protocol in (2, 3, 4)}


print(json.dumps({"opencv": cv2.__version__, "pyramid": pyramid(), "crops": crops(), "alignment": alignment(), "opening": opening(), "boxes": boxes(), "pickles": pickles()}, indent=1))
