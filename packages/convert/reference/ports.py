"""PyTorch networks named and shaped as the usual ports of MobileFaceNet, with random weights, and what they answer.

python reference/ports.py <out> [--narrow]: writes for each port the checkpoint as its project saves it, the same as safetensors where that
package is installed, an ONNX file where torch.onnx can write one, and in expected.json the embeddings of a fixed image. `--narrow` keeps
every layer but makes it a few channels wide and packs the files with gzip: small enough to lie beside the tests that read them. It also writes
graph-*.onnx.gz and graphs.json: what people put in front of the first convolution, and graphs whose constants are not folded.
"""
import gzip, inspect, json, math, os, sys
from collections import OrderedDict
import torch
from torch import nn

SCRIPTED = {'dynamo': False} if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {}  # the exporter that writes what older versions wrote
torch.manual_seed(7)
out, narrow = sys.argv[1], '--narrow' in sys.argv
W = 1 / 32 if narrow else 1
ROWS = [(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)]


def unit(inputs, outputs, kernel=1, stride=1, padding=0, groups=1, prelu=True, names=('conv', 'bn', 'prelu')):
    parts = [(names[0], nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)), (names[1], nn.BatchNorm2d(outputs))]
    return nn.Sequential(OrderedDict(parts + ([(names[2], nn.PReLU(outputs))] if prelu else [])))


class Shortcut(nn.Module):
    """`body` with its input added; its own modules get the names of the body's."""

    def __init__(self, body, add):
        super().__init__()
        for name, module in body.items():
            setattr(self, name, module)
        self.order, self.add = list(body), add

    def forward(self, x):
        y = x
        for name in self.order:
            y = getattr(self, name)(y)
        return x + y if self.add else y


def xiaoccer():
    c = lambda n: int(n * W)
    blocks, inner = [], c(64)
    for t, channels, repeats, stride in ROWS:
        for i in range(repeats):
            s, o, e = (stride if i == 0 else 1), c(channels), inner * t
            conv = nn.Sequential(nn.Conv2d(inner, e, 1, bias=False), nn.BatchNorm2d(e), nn.PReLU(e), nn.Conv2d(e, e, 3, s, 1, groups=e, bias=False), nn.BatchNorm2d(e), nn.PReLU(e), nn.Conv2d(e, o, 1, bias=False), nn.BatchNorm2d(o))
            blocks.append(Shortcut({'conv': conv}, s == 1 and inner == o))
            inner = o
    return nn.Sequential(OrderedDict([
        ('conv1', unit(3, c(64), 3, 2, 1)), ('dw_conv1', unit(c(64), c(64), 3, 1, 1, groups=c(64))), ('blocks', nn.Sequential(*blocks)),
        ('conv2', unit(inner, c(512))), ('linear7', unit(c(512), c(512), (7, 6), groups=c(512), prelu=False)), ('linear1', unit(c(512), c(128), prelu=False)), ('flatten', nn.Flatten()),
    ])), (112, 96), {'scale': 1 / 128}


def treb1en():
    c = lambda n: int(n * W)
    def depthwise(i, o, groups, stride, add):
        return Shortcut({'conv': unit(i, groups), 'conv_dw': unit(groups, groups, 3, stride, 1, groups=groups), 'project': unit(groups, o, prelu=False)}, add)
    residual = lambda n, channels, groups: nn.Sequential(OrderedDict(model=nn.Sequential(*[depthwise(channels, channels, groups, 1, True) for _ in range(n)])))
    return nn.Sequential(OrderedDict([
        ('conv1', unit(3, c(64), 3, 2, 1)), ('conv2_dw', unit(c(64), c(64), 3, 1, 1, groups=c(64))),
        ('conv_23', depthwise(c(64), c(64), c(128), 2, False)), ('conv_3', residual(4, c(64), c(128))),
        ('conv_34', depthwise(c(64), c(128), c(256), 2, False)), ('conv_4', residual(6, c(128), c(256))),
        ('conv_45', depthwise(c(128), c(128), c(512), 2, False)), ('conv_5', residual(2, c(128), c(256))),
        ('conv_6_sep', unit(c(128), c(512))), ('conv_6_dw', unit(c(512), c(512), 7, groups=c(512), prelu=False)), ('conv_6_flatten', nn.Flatten()),
        ('linear', nn.Linear(c(512), c(512), bias=False)), ('bn', nn.BatchNorm1d(c(512))),
    ])), (112, 112), {'bgr': True}


def arcface_mbf():
    c = lambda n: int(n * W)
    block = lambda *a, **k: nn.Sequential(OrderedDict(layers=nn.Sequential(*unit(*a, **k).children())))
    def depthwise(i, o, groups, stride, add):
        body = nn.Sequential(block(i, groups), block(groups, groups, 3, stride, 1, groups=groups), block(groups, o, prelu=False))
        return Shortcut({'layers': body}, add)
    residual = lambda n, channels, groups: nn.Sequential(OrderedDict(layers=nn.Sequential(*[depthwise(channels, channels, groups, 1, True) for _ in range(n)])))
    return nn.Sequential(OrderedDict([
        ('layers', nn.Sequential(
            block(3, c(128), 3, 2, 1), block(c(128), c(128), 3, 1, 1, groups=c(64)),
            depthwise(c(128), c(128), c(128), 2, False), residual(4, c(128), c(128)), depthwise(c(128), c(256), c(256), 2, False), residual(6, c(256), c(256)),
            depthwise(c(256), c(256), c(512), 2, False), residual(2, c(256), c(256)))),
        ('conv_sep', block(c(256), c(512))),
        ('features', nn.Sequential(OrderedDict(layers=nn.Sequential(block(c(512), c(512), 7, groups=c(512), prelu=False), nn.Flatten(), nn.Linear(c(512), c(512), bias=False), nn.BatchNorm1d(c(512)))))),
    ])), (112, 112), {}


def shake(net):
    """Weights and statistics as of a trained network: none at its first value."""
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d)):
            nn.init.uniform_(module.weight, 0.5, 1.5), nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.1), nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.05, 0.5)
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0, math.sqrt(2 / (module.kernel_size[0] * module.kernel_size[1] * module.out_channels / module.groups)))


def image(height, width):
    """[h, w, 3] bytes that a test can make too."""
    i = torch.arange(height * width * 3, dtype=torch.int64)
    return ((i * 7919 + i * i * 31) % 251).reshape(height, width, 3)


expected = {}
for name, make in {'mobilefacenet-pytorch': xiaoccer, 'insightface-pytorch': treb1en, 'arcface-torch': arcface_mbf}.items():
    net, (height, width), traits = make()
    shake(net)
    net.eval()
    pixels = image(height, width).float()
    x = (pixels - 127.5) * traits.get('scale', 1 / 127.5)
    x = (x.flip(2) if traits.get('bgr') else x).permute(2, 0, 1)[None]
    with torch.no_grad():
        embedding = net(x)[0]
    state = net.state_dict()
    files = {}
    if name == 'mobilefacenet-pytorch':  # saved in 2018, before the zip format, with the epoch beside
        files['pytorch'] = f'{name}.ckpt'
        torch.save({'epoch': 68, 'net_state_dict': state}, f'{out}/{files["pytorch"]}', _use_new_zipfile_serialization=False)
    elif name == 'insightface-pytorch':
        files['pytorch'] = f'{name}.pth'
        torch.save(state, f'{out}/{files["pytorch"]}')
    else:  # a training's checkpoint: network, head and optimiser
        optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        head = {'weight': torch.randn(3, int(512 * W))}
        files['pytorch'] = f'{name}.pt'
        torch.save({'epoch': 3, 'global_step': 9, 'state_dict_backbone': {f'module.{key}': value for key, value in state.items()}, 'state_dict_softmax_fc': head, 'state_optimizer': optimiser.state_dict()}, f'{out}/{files["pytorch"]}')
    if not narrow:
        try:
            from safetensors.torch import save_file
            files['safetensors'] = f'{name}.safetensors'
            save_file({key: value.contiguous() for key, value in state.items()}, f'{out}/{files["safetensors"]}')
        except ImportError:
            pass
    try:
        import onnx  # noqa: F401 (torch.onnx needs it)
        files['onnx'] = f'{name}.onnx'
        torch.onnx.export(net, (x,), f'{out}/{files["onnx"]}', input_names=['input'], output_names=['embedding'], **SCRIPTED)
    except ImportError:
        files.pop('onnx', None)
    expected[name] = {'inputSize': [height, width], 'files': files, 'embedding': [round(float(v), 6) for v in embedding]}
    for file in files.values() if narrow else ():
        with open(f'{out}/{file}', 'rb') as plain, open(f'{out}/{file}.gz', 'wb') as packed:
            packed.write(gzip.compress(plain.read(), 9, mtime=0))
        os.remove(f'{out}/{file}')


class Before(nn.Module):
    """`net` behind what people put in front of it when they export."""

    def __init__(self, net, change):
        super().__init__()
        self.net, self.change = net, change
        self.register_buffer('mean', torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer('std', torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x):
        return nn.functional.normalize(self.net(self.change(self, x)))


torch.manual_seed(8)
net, (height, width), _ = xiaoccer()
shake(net)
net.eval()
pixels = image(height, width).float().permute(2, 0, 1)[None]
one_more = nn.Sequential(*list(net.children())[:2], nn.Conv2d(net[0].conv.out_channels, net[0].conv.out_channels, 1, bias=False), *list(net.children())[2:]).eval()
GRAPHS = {
    # what stands before the first convolution, what the file's pixels are divided by, the network, and how it is exported
    'imagenet': (lambda self, x: (x - self.mean) / self.std, 255, net, {}),
    'bgr-128': (lambda self, x: (x[:, [2, 1, 0]] - 127.5) / 128, 1, net, {}),
    'unfolded': (lambda self, x: (x.flip(1) / 255 - self.mean) / self.std, 1, net, {'opset_version': 11, 'do_constant_folding': False, 'training': torch.onnx.TrainingMode.PRESERVE}),
    'sliced': (lambda self, x: torch.cat([x[:, c : c + 1] * (0.229 / 0.5) + m for c, m in ((2, 0.1), (1, 0.2), (0, 0.3))], 1), 127.5, net, {'opset_version': 11, 'do_constant_folding': False}),
    'clipped': (lambda self, x: torch.clamp((x - 127.5) / 128, -0.5, 0.5), 1, net, {}),
    'one-more': (lambda self, x: (x - 127.5) / 128, 1, one_more, {}),
}
graphs = {}
for name, (change, divisor, inner, how) in GRAPHS.items() if narrow else ():
    model = Before(inner, change).eval()
    x = pixels / divisor
    with torch.no_grad():
        embedding = model(x)[0]
    path = f'{out}/graph-{name}.onnx'
    torch.onnx.export(model, (x,), path, input_names=['input'], output_names=['embedding'], dynamic_axes={'input': {0: 'n'}, 'embedding': {0: 'n'}}, **SCRIPTED, **how)
    with open(path, 'rb') as plain, open(f'{path}.gz', 'wb') as packed:
        packed.write(gzip.compress(plain.read(), 9, mtime=0))
    os.remove(path)
    graphs[name] = {'divisor': divisor, 'embedding': [round(float(v), 6) for v in embedding]}
if narrow:
    with open(f'{out}/graphs.json', 'w') as file:
        json.dump({'torch': torch.__version__, 'graphs': graphs}, file, indent=1)

with open(f'{out}/expected.json', 'w') as file:
    json.dump({'torch': torch.__version__, 'ports': expected}, file, indent=1)
