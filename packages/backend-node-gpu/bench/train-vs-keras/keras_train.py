"""The same training steps in Keras under tf.function; prints one JSON line. Needs tensorflow_cpu 2.21.0 and keras (pip), Python 3.11.

    TF_ENABLE_ONEDNN_OPTS=1 python keras_train.py [batch] [steps] [jit]
"""
import json
import os
import sys
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

batch = int(sys.argv[1]) if len(sys.argv) > 1 else 32
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 8
jit = len(sys.argv) > 3 and sys.argv[3] == "jit"
warm, classes = 3, 1000


def norm(x, linear=False):
    x = L.BatchNormalization(momentum=0.9, epsilon=1e-3)(x)
    return x if linear else L.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.25))(x)


def conv(x, channels, kernel, stride, linear=False, pad="same"):
    return norm(L.Conv2D(channels, kernel, stride, pad, use_bias=False)(x), linear)


def depthwise(x, kernel, stride, linear=False, pad="same"):
    return norm(L.DepthwiseConv2D(kernel, stride, pad, use_bias=False)(x), linear)


entry = x = keras.Input((112, 112, 3))
x = depthwise(conv(x, 64, 3, 2), 3, 1)
for t, c, n, s in [[2, 64, 5, 2], [4, 128, 1, 2], [2, 128, 6, 1], [4, 128, 1, 2], [2, 128, 2, 1]]:
    for i in range(n):
        before, stride = x, s if i == 0 else 1
        x = conv(x, before.shape[-1] * t, 1, 1)
        x = depthwise(x, 3, stride)
        x = conv(x, c, 1, 1, linear=True)
        if stride == 1 and before.shape[-1] == c:
            x = L.Add()([x, before])
x = conv(x, 512, 1, 1)
x = depthwise(x, 7, 1, linear=True, pad="valid")
x = conv(x, 128, 1, 1, linear=True)
model = keras.Model(entry, L.Dense(classes)(L.Flatten()(x)))
optimiser = keras.optimizers.SGD(0.01, momentum=0.9)
optimiser.build(model.trainable_variables)
criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function(jit_compile=jit)
def step(images, labels):
    with tf.GradientTape() as tape:
        loss = criterion(labels, model(images, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimiser.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


images = np.random.default_rng(3).uniform(-1, 1, (batch, 112, 112, 3)).astype("float32")
labels = ((np.arange(batch) * 31) % classes).astype("int32")
losses = []
for i in range(warm + steps):
    if i == warm:
        start, cpu = time.perf_counter(), os.times()
    losses.append(float(step(tf.constant(images), tf.constant(labels))))
seconds, used = time.perf_counter() - start, os.times()
user, system = used.user - cpu.user, used.system - cpu.system
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps({
    "who": "keras" + (" jit" if jit else ""), "batch": batch, "imagesPerCpuSecond": batch * steps / (user + system), "imagesPerSecond": batch * steps / seconds,
    "systemShare": system / (user + system), "peakMiB": round(peak), "firstLoss": losses[0], "lastLoss": losses[-1],
}))
