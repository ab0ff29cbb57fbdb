#!/usr/bin/env python3
"""Reference logits of the shipped models, with numpy alone and none of this project's code.

Reads models/*.safetensors byte by byte, runs each network in float64 on the first test images and on the self-test
digits, and writes logits.json beside this script, which tests/reference_logits.rs compares the executors with.

Run it again after a model has changed:

    pip install numpy
    python3 tests/reference/reference_logits.py
"""

import gzip
import json
import math
import struct
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
TEST_IMAGES = ROOT / "assets/mnist/t10k-images-idx3-ubyte.gz"
SELF_TEST_IMAGES = ROOT / "assets/mnist/self-test-images-idx3-ubyte"
OUTPUT = Path(__file__).with_name("logits.json")

# How many of the test images are read; the self-test digits follow them.
FIRST_TEST_IMAGES = 12
# Absolute difference of a logit that f32 rounding explains; tests/reference_logits.rs says why.
TOLERANCE = 2e-3
DTYPES = {"F32": "<f4", "F16": "<f2"}


def fnv1a64(data):
    """FNV-1a with 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), in hexadecimal."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def read_safetensors(data):
    """The metadata, and the tensors by name in float64."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(body[start:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.float64)
    return metadata, tensors


def read_idx_images(path):
    """All images of an IDX file, `[n, rows, columns]` bytes."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    magic, count, rows, columns = struct.unpack_from(">4I", data)
    assert magic == 0x803, f"{path}: not an IDX file of images"
    return np.frombuffer(data, dtype=np.uint8, offset=16).reshape(count, rows, columns)


def windows(x, kernel, stride):
    """`[n, c, h, w]` to its windows, `[n, c, out_h, out_w, kernel_y, kernel_x]`."""
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1]]


def apply_layer(layer, parameters, x):
    """One layer of the spec on a batch; `parameters` are the layer's own, by their name without its index."""
    kind = layer["type"]
    if kind == "Conv2d":
        y_pad, x_pad = layer.get("padding", [0, 0])
        padded = np.pad(x, ((0, 0), (0, 0), (y_pad, y_pad), (x_pad, x_pad)))
        seen = windows(padded, tuple(layer["kernel_size"]), layer.get("stride", [1, 1]))
        sums = np.tensordot(seen, parameters["weight"], axes=([1, 4, 5], [1, 2, 3]))
        return np.moveaxis(sums + parameters["bias"], -1, 1)
    if kind == "Linear":
        return x.reshape(len(x), -1) @ parameters["weight"].T + parameters["bias"]
    if kind == "BatchNorm":
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean, variance = parameters["running_mean"], parameters["running_var"]
        normal = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + layer["epsilon"])
        return normal * parameters["weight"].reshape(shape) + parameters["bias"].reshape(shape)
    if kind == "MaxPool2d":
        return windows(x, tuple(layer["kernel_size"]), layer["stride"]).max(axis=(4, 5))
    if kind == "Flatten":
        return x.reshape(len(x), -1)
    if kind == "SiLU":
        return x / (1.0 + np.exp(-x))
    if kind == "ReLU":
        return np.maximum(x, 0.0)
    raise ValueError(f"unknown layer {kind}")


def forward(spec, tensors, images):
    """The logits of `[n, 28, 28]` bytes."""
    normalisation = spec["normalisation"]
    x = images[:, None].astype(np.float64) / 255.0
    x = x * normalisation["scale"] + normalisation["offset"]
    for index, layer in enumerate(spec["layers"]):
        prefix = f"{index}."
        own = {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
        x = apply_layer(layer, own, x)
    return x


def main():
    digits = read_idx_images(SELF_TEST_IMAGES)
    images = np.concatenate([read_idx_images(TEST_IMAGES)[:FIRST_TEST_IMAGES], digits])
    models = []
    for path in sorted((ROOT / "models").glob("*.safetensors")):
        data = path.read_bytes()
        metadata, tensors = read_safetensors(data)
        logits = forward(json.loads(metadata["mnistify.spec"]), tensors, images)
        assert all(math.isfinite(value) for value in logits.flat), path.name
        answers = logits.argmax(axis=1).tolist()
        print(f"{path.name}: answers {answers}, largest logit {np.abs(logits).max():.3f}")
        rows = ",\n".join(f"        {json.dumps([round(v, 6) for v in row])}" for row in logits.tolist())
        models.append(
            f'    "{path.stem}": {{\n      "weights_fnv1a64": "{fnv1a64(data)}",\n'
            f'      "logits": [\n{rows}\n      ]\n    }}'
        )
    text = ",\n".join(models)
    OUTPUT.write_text(f'{{\n  "tolerance": {TOLERANCE},\n  "models": {{\n{text}\n  }}\n}}\n')
    print(f"{OUTPUT.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
