#!/usr/bin/env python3
"""Two small networks as other programs save them, and their reference logits, with numpy alone.

Trains a LeNet-5 and an MLP on MNIST (both with ReLU), rounds their weights to F16 and writes them as safetensors without
any of this project's metadata: the LeNet with the names of a PyTorch module, the MLP with those of tinygrad. Then both
run in float64 on the first test images. All of it goes to src/network/tests/imported/, where
src/network/tests/imported_networks.rs reads it.

    pip install numpy
    OMP_NUM_THREADS=1 python3 tests/reference/make_imported.py

takes about five minutes on one core. MNIST's four uncompressed IDX files are read from the trainer's cache, or from
the folder given as the first argument.
"""

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np

from reference_logits import apply_layer, fnv1a64, read_idx_images, read_safetensors

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mnistify/mnist"
OUTPUT = ROOT / "src/network/tests/imported"

IMAGES = 20
BATCH = 100
# Below this a network has not learned what the file is to show.
LEAST_ACCURACY = 0.97
# Absolute difference of a logit that f32 rounding explains; src/network/tests/imported_networks.rs says why.
TOLERANCE = 2e-3


def conv(inputs, outputs, size, padding):
    return {
        "type": "Conv2d",
        "in_channels": inputs,
        "out_channels": outputs,
        "kernel_size": [size, size],
        "stride": [1, 1],
        "padding": [padding, padding],
    }


def linear(inputs, outputs):
    return {"type": "Linear", "in_features": inputs, "out_features": outputs}


POOL = {"type": "MaxPool2d", "kernel_size": [2, 2], "stride": [2, 2]}
RELU = {"type": "ReLU"}
FLATTEN = {"type": "Flatten"}

# `names` are the prefixes of the layers with weights, in order. The LeNet reads the images as PyTorch's examples
# normalise them, the MLP plain pixels between 0 and 1.
NETWORKS = {
    "lenet": {
        "layers": [
            conv(1, 6, 5, 2), RELU, POOL,
            conv(6, 16, 5, 0), RELU, POOL,
            FLATTEN, linear(400, 120), RELU, linear(120, 84), RELU, linear(84, 10),
        ],
        "names": ["conv1", "conv2", "fc1", "fc2", "fc3"],
        "mean": 0.1307,
        "std": 0.3081,
        "metadata": {"format": "pt"},
        "sorted": True,
        "epochs": 4,
    },
    "mlp": {
        "layers": [
            FLATTEN, linear(784, 128), RELU, linear(128, 64), RELU, linear(64, 10),
        ],
        "names": ["layers.1", "layers.3", "layers.5"],
        "mean": 0.0,
        "std": 1.0,
        "metadata": None,
        "sorted": False,
        "epochs": 10,
    },
}  # fmt: skip


def read_idx_labels(path):
    data = path.read_bytes()
    assert struct.unpack_from(">I", data) == (0x801,), f"{path}: not an IDX file of labels"
    return np.frombuffer(data, dtype=np.uint8, offset=8)


class Trainable:
    """The layers in f32 with their gradients; the reference below shares nothing with it but the list of layers."""

    def __init__(self, layers, random):
        self.layers = layers
        self.parameters = {}
        for index, layer in enumerate(layers):
            if layer["type"] == "Conv2d":
                shape = [layer["out_channels"], layer["in_channels"], *layer["kernel_size"]]
            elif layer["type"] == "Linear":
                shape = [layer["out_features"], layer["in_features"]]
            else:
                continue
            # He et al. 2015, arXiv:1502.01852.
            deviation = np.sqrt(2.0 / np.prod(shape[1:]))
            weight = random.standard_normal(shape, dtype=np.float32) * np.float32(deviation)
            self.parameters[index] = [weight, np.zeros(shape[0], dtype=np.float32)]

    def forward(self, x):
        """The logits, and what each layer needs for its gradient. Maps are `[n, h, w, c]`: wide products."""
        kept = []
        for index, layer in enumerate(self.layers):
            kind = layer["type"]
            if kind == "Conv2d":
                weight, bias = self.parameters[index]
                (size, _), (pad, _) = layer["kernel_size"], layer["padding"]
                padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
                patches = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
                n, h, w, c = patches.shape[:4]
                columns = patches.reshape(n * h * w, c * size * size)
                y = (columns @ weight.reshape(len(weight), -1).T + bias).reshape(n, h, w, -1)
                kept.append((columns, padded.shape))
            elif kind == "Linear":
                weight, bias = self.parameters[index]
                y = x @ weight.T + bias
                kept.append(x)
            elif kind == "MaxPool2d":
                n, h, w, c = x.shape
                blocks = x.reshape(n, h // 2, 2, w // 2, 2, c)
                y = blocks.max(axis=(2, 4))
                kept.append(blocks == y[:, :, None, :, None])
            elif kind == "ReLU":
                y = np.maximum(x, 0)
                kept.append(x > 0)
            else:
                y = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
                kept.append(x.shape)
            x = y
        return x, kept

    def gradients(self, kept, gradient):
        found = {}
        for index in reversed(range(len(self.layers))):
            layer, memory = self.layers[index], kept[index]
            kind = layer["type"]
            if kind == "Conv2d":
                weight, _ = self.parameters[index]
                columns, (n, rows, width, c) = memory
                _, h, w, outputs = gradient.shape
                flat = gradient.reshape(-1, outputs)
                found[index] = [(flat.T @ columns).reshape(weight.shape), flat.sum(axis=0)]
                if index == 0:
                    break
                size, pad = layer["kernel_size"][0], layer["padding"][0]
                spread = (flat @ weight.reshape(outputs, -1)).reshape(n, h, w, c, size, size)
                padded = np.zeros((n, rows, width, c), dtype=np.float32)
                for y in range(size):
                    for x in range(size):
                        padded[:, y : y + h, x : x + w] += spread[..., y, x]
                gradient = padded[:, pad : rows - pad, pad : width - pad]
            elif kind == "Linear":
                found[index] = [gradient.T @ memory, gradient.sum(axis=0)]
                gradient = gradient @ self.parameters[index][0]
            elif kind == "MaxPool2d":
                n, h, _, w, _, c = memory.shape
                gradient = (gradient[:, :, None, :, None] * memory).reshape(n, 2 * h, 2 * w, c)
            elif kind == "ReLU":
                gradient = gradient * memory
            else:
                n, h, w, c = memory
                gradient = gradient.reshape(n, c, h, w).transpose(0, 2, 3, 1)
        return found


def train(network, images, labels, random):
    """Adam (Kingma & Ba 2014, arXiv:1412.6980) with a rate that falls to zero in a straight line."""
    model = Trainable(network["layers"], random)
    scale = lambda batch: ((batch / np.float32(255) - network["mean"]) / network["std"]).astype(np.float32)
    moments = {i: [[np.zeros_like(p), np.zeros_like(p)] for p in own] for i, own in model.parameters.items()}
    steps = network["epochs"] * (len(images) // BATCH)
    step = 0
    for epoch in range(network["epochs"]):
        order = random.permutation(len(images))
        losses = []
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            logits, kept = model.forward(scale(images[chosen])[..., None])
            logits = logits - logits.max(axis=1, keepdims=True)
            log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            losses.append(-log_probabilities[np.arange(BATCH), labels[chosen]].mean())
            gradient = np.exp(log_probabilities)
            gradient[np.arange(BATCH), labels[chosen]] -= 1
            step += 1
            rate = 2e-3 * (1 - step / (steps + 1))
            for index, own in model.gradients(kept, gradient / np.float32(BATCH)).items():
                for parameter, g, (first, second) in zip(model.parameters[index], own, moments[index]):
                    first += 0.1 * (g - first)
                    second += 0.001 * (g * g - second)
                    mean, square = first / (1 - 0.9**step), second / (1 - 0.999**step)
                    parameter -= (rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
        print(f"  epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    return model


def write_safetensors(path, tensors, metadata):
    header, body = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, values in tensors:
        data = values.astype("<f2").tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "F16", "shape": list(values.shape), "data_offsets": offsets}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def reference(network, tensors, images):
    """The logits of `[n, 28, 28]` bytes in float64, from the file's rounded weights."""
    x = (images[:, None].astype(np.float64) / 255.0 - network["mean"]) / network["std"]
    names = iter(network["names"])
    for layer in network["layers"]:
        own = {}
        if layer["type"] in ("Conv2d", "Linear"):
            prefix = next(names) + "."
            own = {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
        x = apply_layer(layer, own, x)
    return x


def main():
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else CACHE
    images = read_idx_images(data / "train-images-idx3-ubyte")
    labels = read_idx_labels(data / "train-labels-idx1-ubyte")
    test_images = read_idx_images(data / "t10k-images-idx3-ubyte")
    test_labels = read_idx_labels(data / "t10k-labels-idx1-ubyte")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    head = struct.pack(">4I", 0x803, IMAGES, 28, 28)
    (OUTPUT / "images-idx3-ubyte").write_bytes(head + test_images[:IMAGES].tobytes())
    found = []
    for file, network in NETWORKS.items():
        print(file, flush=True)
        model = train(network, images, labels, np.random.default_rng(7))
        tensors = []
        for prefix, (weight, bias) in zip(network["names"], model.parameters.values(), strict=True):
            tensors += [(f"{prefix}.weight", weight), (f"{prefix}.bias", bias)]
        if network["sorted"]:
            tensors.sort(key=lambda entry: entry[0])
        path = OUTPUT / f"{file}.safetensors"
        write_safetensors(path, tensors, network["metadata"])
        _, rounded = read_safetensors(path.read_bytes())
        chunks = np.split(test_images, 20)
        answers = np.concatenate([reference(network, rounded, chunk).argmax(axis=1) for chunk in chunks])
        accuracy = float((answers == test_labels).mean())
        assert accuracy >= LEAST_ACCURACY, f"{file}: {accuracy}"
        logits = reference(network, rounded, test_images[:IMAGES])
        size = path.stat().st_size
        print(f"  {size} bytes, {accuracy:.2%} of the test images, largest logit {np.abs(logits).max():.2f}")
        rows = ",\n".join(f"      {json.dumps([round(v, 6) for v in row])}" for row in logits.tolist())
        found.append(
            f'  "{file}": {{\n    "tolerance": {TOLERANCE},\n    "accuracy": {accuracy:.4f},\n'
            f'    "weights_fnv1a64": "{fnv1a64(path.read_bytes())}",\n    "logits": [\n{rows}\n    ]\n  }}'
        )
    (OUTPUT / "logits.json").write_text("{\n" + ",\n".join(found) + "\n}\n")
    print(f"{OUTPUT.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
