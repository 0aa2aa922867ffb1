"""One training of plan.json in PyTorch: the same net, first weights, batches, mirrored images and rates. Writes losses.json and embeddings.f32."""
import argparse
import json
import math
import struct
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# as packages/losses keeps the target's cosine inside (-1, 1)
INSIDE = 1.2e-7


def safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: torch.from_numpy(np.frombuffer(body[e["data_offsets"][0] : e["data_offsets"][1]], "<f4").reshape(e["shape"]).copy()).to(torch.get_default_dtype()) for name, e in header.items()}


class Layer(nn.Module):
    def __init__(self, spec, momentum):
        super().__init__()
        channels = spec["outputs"]
        self.conv = nn.Conv2d(spec["inputs"], channels, spec["kernel"], spec["stride"], spec["padding"], groups=channels if spec["depthwise"] else 1, bias=spec["bias"])
        self.norm = nn.BatchNorm2d(channels, eps=spec["epsilon"], momentum=1 - momentum)
        self.act = {"prelu": lambda: nn.PReLU(channels), "relu": nn.ReLU, "linear": nn.Identity}[spec["activation"]]()

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))

    def load(self, spec, state):
        name = f"model/params/{spec['name']}"
        with torch.no_grad():
            # [h, w, in, out] and depthwise [h, w, channels, 1] to [out, in, h, w]
            self.conv.weight.copy_(state[f"{name}/kernel"].permute(*((2, 3, 0, 1) if spec["depthwise"] else (3, 2, 0, 1))))
            self.norm.weight.copy_(state[f"{name}/gamma"])
            self.norm.bias.copy_(state[f"{name}/beta"])
            if spec["bias"]:
                self.conv.bias.copy_(state[f"{name}/bias"])
            if spec["activation"] == "prelu":
                self.act.weight.copy_(state[f"{name}/slope"])


class Net(nn.Module):
    def __init__(self, plan, state):
        super().__init__()
        self.blocks = nn.ModuleList(nn.ModuleList(Layer(spec, plan["momentum"]) for spec in block["layers"]) for block in plan["blocks"])
        self.shortcuts = [block["shortcut"] for block in plan["blocks"]]
        for layers, block in zip(self.blocks, plan["blocks"]):
            for layer, spec in zip(layers, block["layers"]):
                layer.load(spec, state)

    def forward(self, x):
        for layers, shortcut in zip(self.blocks, self.shortcuts):
            entry = x
            for layer in layers:
                x = layer(x)
            if shortcut:
                x = x + entry
        return x.flatten(1)


class Softmax(nn.Module):
    def __init__(self, kernel, bias):
        super().__init__()
        self.kernel, self.bias = nn.Parameter(kernel), nn.Parameter(bias)

    def forward(self, x, labels):
        return functional.cross_entropy(x @ self.kernel + self.bias, labels)


class ArcFace(nn.Module):
    def __init__(self, centres, s, m):
        super().__init__()
        self.centres, self.s, self.m = nn.Parameter(centres), s, m

    def forward(self, x, labels):
        cosines = functional.normalize(x, dim=1) @ functional.normalize(self.centres, dim=0)
        own = torch.arange(len(labels))
        target = cosines[own, labels].clamp(-1 + INSIDE, 1 - INSIDE)
        moved = target * math.cos(self.m) - (1 - target**2).sqrt() * math.sin(self.m)
        logits = cosines.index_put((own, labels), moved)
        return functional.cross_entropy(self.s * logits, labels)


def optimiser_for(plan, net, head):
    options = plan["optimiser"]["options"]
    if plan["optimiser"]["name"] == "adam":
        return torch.optim.Adam([*net.parameters(), *head.parameters()], betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])
    groups = options["groups"]
    after_global = list(net.blocks[-1].parameters())
    apart = {id(p) for p in after_global}
    parts = [([p for p in net.parameters() if id(p) not in apart], options["weightDecay"]), (after_global, groups["afterGlobal"]), (list(head.parameters()), groups["head"])]
    return torch.optim.SGD([{"params": params, "weight_decay": decay} for params, decay in parts], lr=1, momentum=options["momentum"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--double", action="store_true", help="float64 throughout: what the rounding of float32 alone does to the losses")
    options = parser.parse_args()
    if options.double:
        torch.set_default_dtype(torch.float64)
    if options.threads:
        torch.set_num_threads(options.threads)
    plan = json.loads((options.directory / "plan.json").read_text())
    state = safetensors(options.directory / "initial.safetensors")
    size, batch = plan["inputSize"], plan["batch"]
    pictures = {name: np.fromfile(plan[name], np.uint8).reshape(-1, size, size, 3) for name in ("train", "test")}
    samples, labels = (np.fromfile(options.directory / f"{name}.i32", np.int32).reshape(-1, batch) for name in ("samples", "labels"))
    flips = np.fromfile(options.directory / "flips.u8", np.uint8).reshape(-1, batch).astype(bool)
    scale = plan["inputScale"]

    def tensor(pixels):
        x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.get_default_dtype()) - scale["offset"]) * scale["scale"]
        return x.contiguous(memory_format=torch.channels_last)

    net = Net(plan, state).to(memory_format=torch.channels_last).train()
    head = None
    losses, step, started = [], 0, time.perf_counter()
    for stage in plan["stages"]:
        if stage["loss"] == "softmax":
            head = Softmax(state["head/params/kernel"], state["head/params/bias"])
        else:
            # the switch: the columns of the softmax matrix, at length 1, are the first centres
            head = ArcFace(functional.normalize(head.kernel.detach(), dim=0), stage["options"]["s"], stage["options"]["m"])
        optimiser = optimiser_for(plan, net, head)
        for rate in stage["rates"]:
            pixels = pictures["train"][samples[step]]
            pixels[flips[step]] = pixels[flips[step], :, ::-1]
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.zero_grad(set_to_none=True)
            loss = head(net(tensor(pixels)), torch.from_numpy(labels[step]).long())
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            step += 1
    seconds = time.perf_counter() - started
    if plan["verify"]:
        net.eval()
        with torch.no_grad():
            vectors = torch.cat([functional.normalize(net(tensor(pictures["test"][first : first + 64])), dim=1) for first in range(0, len(pictures["test"]), 64)])
        vectors.numpy().astype("<f4").tofile(options.directory / "embeddings.f32")
    (options.directory / "losses.json").write_text(json.dumps({"losses": losses, "seconds": seconds, "imagesPerSecond": step * batch / seconds, "torch": torch.__version__}))


main()
