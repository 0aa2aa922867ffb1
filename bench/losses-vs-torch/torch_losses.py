"""Losses in torch for compare.mjs: tensors as JSON on the standard input, values and gradients on the standard output.

pytorch-metric-learning's where it has the loss; the others are the papers' formulas with the angles themselves, in float64.
"""
import json
import math
import sys

import pytorch_metric_learning
import torch
import torch.nn.functional as F
from pytorch_metric_learning import losses as pml

given = json.load(sys.stdin)
n, identities, size, k = given["samples"], given["identities"], given["size"], given["k"]
embeddings = torch.tensor(given["embeddings"], dtype=torch.float64).reshape(n, size)
labels = torch.tensor(given["labels"])
centres = torch.tensor(given["centres"], dtype=torch.float64).reshape(size, identities)
# here [size, k * identities], the first sub-centres of all identities first; there [size, identities * k]
sub_centres = torch.tensor(given["subCentres"], dtype=torch.float64).reshape(size, k, identities).transpose(1, 2).reshape(size, identities * k)


def answer(source, loss, weights):
    x = embeddings.clone().requires_grad_(True)
    w = weights.clone().requires_grad_(True)
    value = loss(x, w)
    value.backward()
    return {"source": source, "value": value.item(), "embeddings": x.grad.flatten().tolist(), "parameter": w.grad.flatten().tolist()}


def of_library(make, weights=centres, back=lambda gradient: gradient):
    module = make().double()
    module.W.data = weights.clone()
    x = embeddings.clone().requires_grad_(True)
    value = module(x, labels)
    value.backward()
    return {"source": type(module).__name__, "value": value.item(), "embeddings": x.grad.flatten().tolist(), "parameter": back(module.W.grad).flatten().tolist()}


def cosines(x, w):
    return (F.normalize(x) @ F.normalize(w, dim=0)).clamp(-1 + 1e-12, 1 - 1e-12)


def with_target(cos, target, s):
    return F.cross_entropy(s * torch.where(F.one_hot(labels, identities).bool(), target.unsqueeze(1), cos), labels)


def own(cos):
    return cos[torch.arange(n), labels]


def arcface(x, w):
    cos = cosines(x, w)
    return with_target(cos, torch.cos(torch.acos(own(cos)) + 0.5), 64)


def combined(x, w):
    cos = cosines(x, w)
    return with_target(cos, torch.cos(0.9 * torch.acos(own(cos)) + 0.4) - 0.15, 64)


def adaface(x, w, m=0.4, h=0.333):
    length = x.detach().norm(dim=1).clamp(0.001, 100)
    mean = 0.99 * 20 + 0.01 * length.mean()
    deviation = 0.99 * 100 + 0.01 * length.std()
    quality = ((length - mean) / (deviation + 1e-3) * h).clamp(-1, 1)
    cos = cosines(x, w)
    theta = (torch.acos(own(cos)) - m * quality).clamp(0, math.pi)
    return with_target(cos, torch.cos(theta) - (m + m * quality), 64)


def magface(x, w, low=10, high=110, margins=(0.45, 0.8), weight=35):
    a = x.norm(dim=1).clamp(low, high)
    m = margins[0] + (margins[1] - margins[0]) * (a - low) / (high - low)
    cos = cosines(x, w)
    theta = torch.acos(own(cos))
    target = torch.where(theta + m <= math.pi, torch.cos(theta + m), own(cos) - m * torch.sin(m))
    return with_target(cos, target, 64) + weight * (1 / a + a / high**2).mean()


def curricularface(x, w, m=0.5, former=0.3):
    cos = cosines(x, w)
    t = 0.99 * former + 0.01 * own(cos).detach().mean()
    theta = torch.acos(own(cos))
    negatives = torch.where(cos > torch.cos(theta + m).unsqueeze(1), cos * (t + cos), cos)
    target = torch.where(theta + m <= math.pi, torch.cos(theta + m), own(cos) - m * math.sin(m))
    return with_target(negatives, target, 64)


def sub_centre_gradient(gradient):
    return gradient.reshape(size, identities, k).transpose(1, 2)


json.dump(
    {
        "versions": {"torch": torch.__version__, "pml": pytorch_metric_learning.__version__},
        "losses": {
            "softmax": answer("torch cross_entropy", lambda x, w: F.cross_entropy(x @ w, labels), centres),
            "normalised-softmax": of_library(lambda: pml.NormalizedSoftmaxLoss(identities, size, temperature=1 / 32)),
            "arcface fallback": of_library(lambda: pml.ArcFaceLoss(identities, size, margin=math.degrees(0.5), scale=64)),
            "arcface plain": answer("formula", arcface, centres),
            "cosface": of_library(lambda: pml.CosFaceLoss(identities, size, margin=0.35, scale=64)),
            "combined-margin": answer("formula", combined, centres),
            "sub-centre-arcface": of_library(lambda: pml.SubCenterArcFaceLoss(num_classes=identities, embedding_size=size, margin=math.degrees(0.5), scale=64, sub_centers=k), sub_centres, sub_centre_gradient),
            "adaface": answer("formula", adaface, centres),
            "magface": answer("formula", magface, centres),
            "curricularface": answer("formula", curricularface, centres),
        },
    },
    sys.stdout,
)
