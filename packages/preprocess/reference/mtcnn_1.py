"""Answers of the Python package mtcnn 1.0.0 on a folder of photos, for comparison with `rules: '1.0'`.

    python3 -m venv venv && venv/bin/pip install mtcnn==1.0.0 tensorflow-cpu 'opencv-python-headless<5'
    venv/bin/python mtcnn_1.py folder path.jpg … > mtcnn-1.0.0.json
"""
import json
import sys

import cv2
from mtcnn import MTCNN

detector = MTCNN()
folder, *names = sys.argv[1:]
answers = []
for name in names:
    photo = cv2.cvtColor(cv2.imread(f"{folder}/{name}"), cv2.COLOR_BGR2RGB)
    faces = [{"box": face["box"], "confidence": float(face["confidence"]), "keypoints": {key: [int(v) for v in value] for key, value in face["keypoints"].items()}} for face in detector.detect_faces(photo)]
    answers.append({"path": name, "faces": faces})
print(json.dumps(answers, indent=1))
