"""One training measurement of MobileFaceNet in PyTorch: forward, backward and SGD on random images; one JSON line."""
import argparse
import json
import resource
import time

import torch
from torch import nn
from torch.nn import functional

WARM_UP = 2
BOTTLENECKS = [(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)]


class Layer(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1, padding=0, groups=1, prelu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        self.act = nn.PReLU(outputs) if prelu else nn.Identity()

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        self.layers = nn.Sequential(Layer(inputs, inner), Layer(inner, inner, 3, stride, 1, inner), Layer(inner, outputs, prelu=False))
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.shortcut else y


class Sum(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        return x + self.layers(x)


def arcface_torch_mbf():
    """`mbf` of InsightFace's arcface_torch (backbones/mobilefacenet.py): blocks (1, 4, 6, 2), scale 2, 512 numbers."""

    def block(inputs, outputs, groups, stride=1):
        return nn.Sequential(
            Layer(inputs, groups), Layer(groups, groups, 3, stride, 1, groups), Layer(groups, outputs, prelu=False)
        )

    def residual(channels, repeats, groups):
        return [Sum(block(channels, channels, groups)) for _ in range(repeats)]

    return nn.Sequential(
        Layer(3, 128, 3, 2, 1),
        Layer(128, 128, 3, 1, 1, 64),
        block(128, 128, 128, 2),
        *residual(128, 4, 128),
        block(128, 256, 256, 2),
        *residual(256, 6, 256),
        block(256, 256, 512, 2),
        *residual(256, 2, 256),
        Layer(256, 512),
        Layer(512, 512, 7, groups=512, prelu=False),
        nn.Flatten(),
        nn.Linear(512, 512, bias=False),
        nn.BatchNorm1d(512),
    )


def mobile_face_net():
    layers = [Layer(3, 64, 3, 2, 1), Layer(64, 64, 3, 1, 1, 64)]
    channels = 64
    for expansion, outputs, repeats, stride in BOTTLENECKS:
        for repeat in range(repeats):
            layers.append(Bottleneck(channels, outputs, stride if repeat == 0 else 1, expansion))
            channels = outputs
    layers += [Layer(128, 512), Layer(512, 512, 7, groups=512, prelu=False), Layer(512, 128, prelu=False), nn.Flatten()]
    return nn.Sequential(*layers)


class Softmax(nn.Module):
    def __init__(self, size, classes):
        super().__init__()
        self.dense = nn.Linear(size, classes)

    def forward(self, embeddings, labels):
        return functional.cross_entropy(self.dense(embeddings).float(), labels)


class ArcFace(nn.Module):
    """s = 64, m = 0.5 (arXiv 1801.07698), the margin at the label only."""

    def __init__(self, size, classes):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(classes, size) * 0.01)

    def forward(self, embeddings, labels):
        cosines = functional.linear(functional.normalize(embeddings.float()), functional.normalize(self.centres))
        target = cosines.gather(1, labels[:, None]).clamp(-1 + 1e-7, 1 - 1e-7)
        margin = torch.cos(torch.acos(target) + 0.5)
        return functional.cross_entropy(64 * cosines.scatter(1, labels[:, None], margin), labels)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--loss", choices=["softmax", "arcface"], default="softmax")
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--model", choices=["paper", "mbf"], default="paper")
    parser.add_argument("--compile", action="store_true", help="torch.compile; its time is told apart")
    parser.add_argument("--mixed", action="store_true", help="activations in bfloat16")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    net, size = (mobile_face_net(), 128) if options.model == "paper" else (arcface_torch_mbf(), 512)
    model = net.to(options.device)
    head = (Softmax if options.loss == "softmax" else ArcFace)(size, options.classes).to(options.device)
    images = (torch.rand(options.batch, 3, 112, 112) * 2 - 1).to(options.device)
    if options.channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(0, options.classes, (options.batch,)).to(options.device)
    parameters = [*model.parameters(), *head.parameters()]
    optimiser = torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=5e-4)

    def loss_of(images, labels):
        with torch.autocast(options.device, torch.bfloat16, enabled=options.mixed):
            return head(model(images), labels)

    forward = torch.compile(loss_of) if options.compile else loss_of
    seconds = []
    begin = time.perf_counter()
    for step in range(options.steps + WARM_UP):
        if step == WARM_UP:
            warm_up = time.perf_counter() - begin
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss = forward(images, labels)
        loss.backward()
        optimiser.step()
        loss.item()
        seconds.append(time.perf_counter() - start)
    median = sorted(seconds[WARM_UP:])[options.steps // 2]
    on_gpu = options.device != "cpu"
    peak = torch.cuda.max_memory_allocated() if on_gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"imagesPerSecond": options.batch / median, "warmUpSeconds": warm_up, "peakMemoryBytes": peak}))


main()
