"""The forward of one image in PyTorch, to compare with `mnistify bench` on the same GPU: eager, and as a CUDA graph.

    python benches/pytorch_forward.py [--channels 32]

Prints one JSON object: milliseconds of GPU time between two events, the median of many. The weights are random: no time
depends on them. `--channels` is the width of the CNN, as in `mnistify bench --channels`.
"""

import argparse
import json
import statistics

import torch
from torch import nn

REPEATS = 300


def cnn(width):
    def conv(inputs, outputs, size):
        return [nn.Conv2d(inputs, outputs, size), nn.SiLU()]

    def pool(channels):
        return [nn.BatchNorm2d(channels), nn.MaxPool2d(2)]

    return nn.Sequential(
        *conv(1, width, 5),
        *conv(width, width, 5),
        *pool(width),
        *conv(width, 2 * width, 3),
        *conv(2 * width, 2 * width, 3),
        *pool(2 * width),
        nn.Flatten(),
        nn.Linear(18 * width, 10),
    )


def mlp():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 512),
        nn.SiLU(),
        nn.Linear(512, 512),
        nn.SiLU(),
        nn.Linear(512, 10),
    )


def median_millis(run):
    """GPU time of one call. Many are under way at once, so that none waits for the CPU more than it has to."""
    for _ in range(20):
        run()
    events = []
    for _ in range(REPEATS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        events.append((begin, end))
    torch.cuda.synchronize()
    return statistics.median(begin.elapsed_time(end) for begin, end in events)


def measure(network):
    network = network.cuda().eval()
    image = torch.rand(1, 1, 28, 28, device="cuda")
    eager = median_millis(lambda: network(image))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        network(image)
    return {"eager_millis": eager, "cuda_graph_millis": median_millis(graph.replay)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=32)
    channels = parser.parse_args().channels
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    with torch.no_grad():
        found = {"cnn": measure(cnn(channels)), "mlp": measure(mlp())}
    print(json.dumps({"torch": torch.__version__, "gpu": torch.cuda.get_device_name(), **found}))


if __name__ == "__main__":
    main()
