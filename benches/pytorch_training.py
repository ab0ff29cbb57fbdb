#!/usr/bin/env python3
"""The same training in PyTorch, to compare speed on the same GPU: images a second, and the time to 99 % on validation.

Follows src/learning/: the architectures, the batch, the augmentation (augment.rs), the schedule and the moving average
(schedule.rs), AdamW, label smoothing, the evaluation of the averaged weights with fresh statistics of the batch
normalisation (train_loop.rs), and when it happens (config.rs).

What differs from the project's own trainer:

- The 5,000 validation images are a fixed choice of this script's own; the project's comes from a generator of Rust's.
- Random numbers are PyTorch's, and images are distorted on the GPU, a batch at a time; all data lies there.
- The loss is looked at only when validation is, so that no other step waits for the GPU.

Needs PyTorch 2, NumPy and MNIST's four uncompressed IDX files, and no network:

    python3 benches/pytorch_training.py --model cnn --data DIR
    python3 benches/pytorch_training.py --model cnn --data DIR --compile --cuda-graph --stop-at-target
    python3 benches/pytorch_training.py --model cnn --data DIR --steps 3000 --all

Prints one JSON line to standard output; with --all one for each variant, each in a process of its own. Everything else
goes to standard error.
"""

import argparse
import copy
import hashlib
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SIDE = 28
CENTRE = (SIDE - 1) / 2
TRAINING_FILE_IMAGES = 60_000
VALIDATION_IMAGES = 5_000
TRAINING_IMAGES = TRAINING_FILE_IMAGES - VALIDATION_IMAGES
# As published; the trainer refuses others too.
FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
}
SPLIT_SEED = 20_250_601

# config.rs
LEARNING_RATE = 2e-3
LABEL_SMOOTHING = 0.05
AVERAGE_DECAY = 0.9995
DEFAULTS = {
    "mlp": {"batch": 512, "epochs": 400, "evaluate_epochs": 5, "weight_decay": 0.02, "elastic": 0.8},
    "cnn": {"batch": 256, "epochs": 22, "evaluate_epochs": 1, "weight_decay": 0.05, "elastic": 0.0},
}

# augment.rs
ROTATION = math.radians(15.0)
SCALE = 0.13
ANISOTROPY = 0.12
SHEAR = 0.2
SHIFT = 2.0
BRIGHTNESS = 0.2
LEAST_ELASTIC = 0.1
NODES = 6
# Random numbers of an image: seven for the affine warp and the brightness, one for the field's strength, the field.
AFFINE_NUMBERS = 7
NUMBERS = AFFINE_NUMBERS + 1 + 2 * NODES * NODES

# schedule.rs
WARM_UP = 0.1
START_DIVISOR = 25.0

# train_loop.rs
EVALUATION_BATCH = 1000
CALIBRATION_IMAGES = 10_000
QUICK_CALIBRATION_BATCHES = 4

# Steps before training that compile, choose algorithms and fill caches; their effect is undone.
PREPARATION_STEPS = 5

# What --all compares: the most exact, PyTorch as it comes, and the fastest that it can do at the same task.
VARIANTS = [
    ["--precision", "ieee"],
    ["--precision", "default"],
    ["--precision", "tf32"],
    ["--precision", "tf32", "--compile"],
    ["--precision", "ieee", "--cuda-graph"],
    ["--precision", "tf32", "--cuda-graph"],
    ["--precision", "ieee", "--compile", "--cuda-graph"],
    ["--precision", "tf32", "--compile", "--cuda-graph"],
    ["--precision", "tf32", "--compile", "--cuda-graph", "--channels-last"],
]


def say(text):
    print(text, file=sys.stderr, flush=True)


# Data


def read_idx(folder, name, dimensions):
    """An IDX file of bytes as an array, once its checksum is right."""
    path = folder / name
    data = path.read_bytes()
    if hashlib.md5(data).hexdigest() != FILES[name]:
        sys.exit(f"{path}: not the published file of MNIST, uncompressed")
    header = np.frombuffer(data, dtype=">u4", count=1 + dimensions)
    if header[0] != 0x800 + dimensions or header[1] != TRAINING_FILE_IMAGES:
        sys.exit(f"{path}: not an IDX file of {TRAINING_FILE_IMAGES} entries")
    return np.frombuffer(data, dtype=np.uint8, offset=4 * (1 + dimensions)).reshape(header[1:])


class Data:
    """MNIST's training images on the device, split; pixels from 0 to 1."""

    def __init__(self, folder, device):
        images = read_idx(folder, "train-images-idx3-ubyte", 3)
        labels = read_idx(folder, "train-labels-idx1-ubyte", 1)
        order = np.random.default_rng(SPLIT_SEED).permutation(TRAINING_FILE_IMAGES)
        validation, train = np.sort(order[:VALIDATION_IMAGES]), np.sort(order[VALIDATION_IMAGES:])

        def on_device(chosen):
            pixels = torch.from_numpy(images[chosen]).to(device).float().div_(255.0).unsqueeze(1)
            return pixels, torch.from_numpy(labels[chosen]).to(device).long()

        self.images, self.labels = on_device(train)
        self.validation_images, self.validation_labels = on_device(validation)


class Order:
    """The images of each step: every epoch has its own random order, and batches run over their borders."""

    def __init__(self, batch, device):
        self.batch, self.device = batch, device
        self.rest = torch.empty(0, dtype=torch.int64, device=device)

    def next(self):
        while len(self.rest) < self.batch:
            epoch = torch.randperm(TRAINING_IMAGES, device=self.device)
            self.rest = torch.cat([self.rest, epoch])
        indices, self.rest = self.rest[: self.batch], self.rest[self.batch :]
        return indices


# Augmentation


class Augmentation:
    """augment.rs for a batch: an inverse affine warp, an elastic field, brightness; then the network's x·2 − 1.

    Coordinates are those of grid_sample with align_corners=False: about the image's centre, in halves of its width.
    """

    def __init__(self, elastic, device):
        self.elastic = elastic
        self.axis = (torch.arange(SIDE, device=device, dtype=torch.float32) - CENTRE) / (SIDE / 2)

    def apply(self, images, numbers):
        """`images` is `[n, 1, 28, 28]`, `numbers` `[n, NUMBERS]` uniform in 0..1."""
        unit = numbers[:, :AFFINE_NUMBERS] * 2 - 1
        rotation, size, stretch, shear, shift_x, shift_y, brightness = unit.unbind(1)
        sine, cosine = torch.sin(rotation * ROTATION), torch.cos(rotation * ROTATION)
        size = 1 + size * SCALE
        stretch = torch.sqrt(1 + stretch * ANISOTROPY)
        width, height = size * stretch, size / stretch
        k = shear * SHEAR
        # The inverse of rotation · shear · scale: its first column, which x is multiplied with, and its second.
        by_x = torch.stack([(cosine + k * sine) / width, -sine / height], 1)
        by_y = torch.stack([(sine - k * cosine) / width, cosine / height], 1)
        shift = SHIFT / (SIDE / 2)
        start = -shift * (by_x * shift_x[:, None] + by_y * shift_y[:, None])
        # No matrix product: in TF32 it would move pixels.
        rows = torch.addcmul(start[:, None, :], by_y[:, None, :], self.axis[:, None])
        grid = torch.addcmul(rows[:, :, None, :], by_x[:, None, None, :], self.axis[:, None])
        if self.elastic > 0:
            grid = grid + self.displacements(numbers)
        sampled = functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        factor = (1 + brightness * BRIGHTNESS)[:, None, None, None]
        return (sampled * factor).clamp(max=1.0) * 2 - 1

    def displacements(self, numbers):
        """The elastic field: coarse nodes, the outer ones on the outermost pixels, mixed linearly between."""
        least = min(LEAST_ELASTIC, self.elastic)
        limit = least + numbers[:, AFFINE_NUMBERS] * (self.elastic - least)
        nodes = numbers[:, AFFINE_NUMBERS + 1 :].reshape(-1, 2, NODES, NODES) * 2 - 1
        nodes = nodes * (limit / (SIDE / 2))[:, None, None, None]
        field = functional.interpolate(nodes, size=(SIDE, SIDE), mode="bilinear", align_corners=True)
        return field.permute(0, 2, 3, 1)


# Network, schedule


def network_of(model):
    """The architecture of spec.rs. PyTorch draws the weights as the trainer does: within ±1/√(inputs of an output)."""
    if model == "mlp":
        return nn.Sequential(
            nn.Flatten(), nn.Linear(784, 512), nn.SiLU(), nn.Linear(512, 512), nn.SiLU(), nn.Linear(512, 10)
        )
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.SiLU(), nn.Conv2d(32, 32, 5), nn.SiLU(), nn.BatchNorm2d(32), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.SiLU(), nn.Conv2d(64, 64, 3), nn.SiLU(), nn.BatchNorm2d(64), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(576, 10),
    )  # fmt: skip


def one_cycle(step, steps):
    """The learning rate: linearly up over the first tenth, then half a cosine down to 0."""
    warm_up = max(steps * WARM_UP, 1.0)
    if step < warm_up:
        start = LEARNING_RATE / START_DIVISOR
        return start + (LEARNING_RATE - start) * step / warm_up
    part = min((step - warm_up) / max(steps - warm_up, 1.0), 1.0)
    return LEARNING_RATE * (1.0 + math.cos(math.pi * part)) / 2.0


def steps_of(epochs, batch):
    """How many steps some epochs over the training images are, rounded up."""
    return math.ceil(epochs * TRAINING_IMAGES / batch)


def average_decay(step):
    """The decay of the moving average: small at first, so that the random start is forgotten."""
    return min(AVERAGE_DECAY, (1.0 + step) / (10.0 + step))


# Training


class Trainer:
    """Everything that changes from step to step, all of it on the device and in place, so that a graph can replay it."""

    def __init__(self, options, data, device):
        self.options, self.data, self.device = options, data, device
        layout = torch.channels_last if options.channels_last else torch.contiguous_format
        self.layout = layout
        self.network = network_of(options.model).to(device, memory_format=layout).train()
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.parameters = [parameter.detach() for parameter in self.network.parameters()]
        self.averages = list(self.averaged.parameters())
        self.augmentation = Augmentation(options.elastic, device)
        self.augment, self.loss_of = self.augmentation.apply, self.plain_loss
        if options.compile:
            self.augment = torch.compile(self.augment, mode=options.compile_mode)
            self.loss_of = torch.compile(self.loss_of, mode=options.compile_mode)
        self.order = Order(options.batch, device)
        self.indices = torch.zeros(options.batch, dtype=torch.int64, device=device)
        self.loss_sum = torch.zeros((), device=device)
        self.graph = None
        self.make_schedule()
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            # With a graph the rate is a tensor that the graph itself fills.
            lr=self.rate if options.cuda_graph else LEARNING_RATE,
            betas=(0.9, 0.999),
            eps=1e-8,
            weight_decay=options.weight_decay,
            fused=not options.no_fused,
            foreach=True if options.no_fused else None,
            capturable=options.cuda_graph,
        )

    def make_schedule(self):
        """The schedule as tables, for a graph, which cannot be given numbers."""
        steps = self.options.steps
        rows = [(one_cycle(step, steps), average_decay(step), 1 - average_decay(step)) for step in range(steps)]
        # What preparation and its replays run past the end does not matter, only that there is something.
        rows += [rows[-1]] * (2 * PREPARATION_STEPS)
        self.schedule = torch.tensor(rows, dtype=torch.float32, device=self.device)
        self.counter = torch.zeros(1, dtype=torch.int64, device=self.device)
        self.rate = torch.zeros((), device=self.device)

    def plain_loss(self, images, labels):
        return functional.cross_entropy(self.network(images), labels, label_smoothing=LABEL_SMOOTHING)

    def learn(self):
        """Loss, gradients and the optimiser's step for the images in `indices`."""
        images = self.data.images.index_select(0, self.indices)
        labels = self.data.labels.index_select(0, self.indices)
        numbers = torch.rand(self.options.batch, NUMBERS, device=self.device)
        images = self.augment(images, numbers)
        if self.options.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss_of(images, labels)
        loss.backward()
        self.optimizer.step()
        self.loss_sum.add_(loss.detach())

    def eager_step(self, step):
        for group in self.optimizer.param_groups:
            group["lr"] = one_cycle(step, self.options.steps)
        self.learn()
        torch._foreach_lerp_(self.averages, self.parameters, 1 - average_decay(step))

    def step_of_graph(self):
        """A step that finds its number, and with it the schedule's values, on the device."""
        rate, decay, share = self.schedule.index_select(0, self.counter)[0].unbind(0)
        self.rate.copy_(rate)
        self.learn()
        torch._foreach_mul_(self.averages, decay)
        torch._foreach_add_(self.averages, torch._foreach_mul(self.parameters, share))
        self.counter.add_(1)

    def step(self, step):
        self.indices.copy_(self.order.next())
        if self.graph is not None:
            self.graph.replay()
        else:
            self.eager_step(step)

    def prepare(self):
        """Makes some steps, so that all is compiled and chosen, captures the graph, and puts everything back."""
        parts = [*self.network.state_dict().values(), *self.averages]
        before = [part.clone() for part in parts]
        self.indices.copy_(self.order.next())
        if self.options.cuda_graph:
            self.capture()
        for step in range(PREPARATION_STEPS):
            self.step(step)
        with torch.no_grad():
            for part, value in zip(parts, before, strict=True):
                part.copy_(value)
            for state in self.optimizer.state.values():
                for value in state.values():
                    value.zero_()
        self.counter.zero_()
        self.loss_sum.zero_()

    def capture(self):
        # PyTorch wants the steps before a capture on another stream.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(PREPARATION_STEPS):
                self.step_of_graph()
        torch.cuda.current_stream().wait_stream(stream)
        self.optimizer.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step_of_graph()


# Evaluation


class Exam:
    """The validation images, and augmented training images for the batch normalisation's statistics."""

    def __init__(self, trainer):
        data = trainer.data
        self.network = trainer.averaged
        images = (data.validation_images * 2 - 1).contiguous(memory_format=trainer.layout)
        self.batches = images.split(EVALUATION_BATCH)
        self.labels = data.validation_labels
        self.calibration = ()
        if any(isinstance(layer, nn.BatchNorm2d) for layer in self.network):
            chosen = torch.randperm(TRAINING_IMAGES, device=trainer.device)[:CALIBRATION_IMAGES]
            numbers = torch.rand(CALIBRATION_IMAGES, NUMBERS, device=trainer.device)
            images = trainer.augmentation.apply(data.images[chosen], numbers)
            self.calibration = images.contiguous(memory_format=trainer.layout).split(EVALUATION_BATCH)

    @torch.no_grad()
    def accuracy(self, batches):
        """Of the averaged weights on validation; `batches` are for the statistics. Waits for the device."""
        self.calibrate(batches)
        answers = torch.cat([self.network(batch).argmax(1) for batch in self.batches])
        return (answers == self.labels).sum().item() / len(self.labels)

    def quick_accuracy(self):
        return self.accuracy(self.calibration[:QUICK_CALIBRATION_BATCHES])

    def final_accuracy(self):
        return self.accuracy(self.calibration)

    def calibrate(self, batches):
        """True mean and variance over all (equally large) batches, layer after layer, by the law of total variance."""
        for position, layer in enumerate(self.network):
            if not isinstance(layer, nn.BatchNorm2d):
                continue
            before = self.network[:position]
            parts = [torch.var_mean(before(batch), dim=(0, 2, 3), correction=0) for batch in batches]
            variances, means = (torch.stack(values).double() for values in zip(*parts, strict=True))
            mean = means.mean(0)
            layer.running_mean.copy_(mean)
            layer.running_var.copy_((variances + (means - mean) ** 2).mean(0))


# Measuring


class Stopwatch:
    """Seconds that steps took, from `go` to `pause`. Both wait for the device, so nothing is left over."""

    def __init__(self, device):
        self.device = device
        self.seconds, self.steady_seconds, self.steady_steps = 0.0, 0.0, 0

    def now(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def go(self, step):
        self.started, self.first = self.now(), step

    def pause(self, step, steady):
        """`steady`: whether these steps count for the speed."""
        passed = self.now() - self.started
        self.seconds += passed
        if steady:
            self.steady_seconds += passed
            self.steady_steps += step - self.first


def train(trainer, exam, options):
    """Trains; returns what was measured."""
    watch = Stopwatch(trainer.device)
    begun = watch.now()
    reached = None
    watch.go(0)
    last_evaluation = 0
    for step in range(1, options.steps + 1):
        trainer.step(step - 1)
        if step == options.warm_up_steps:
            watch.pause(step, steady=False)
            watch.go(step)
        if step % options.evaluate_every != 0 and step != options.steps:
            continue
        watch.pause(step, steady=step > options.warm_up_steps)
        loss = trainer.loss_sum.item() / (step - last_evaluation)
        if not math.isfinite(loss):
            sys.exit(f"the loss is {loss} after step {step}: training has diverged")
        accuracy = exam.quick_accuracy()
        seconds = watch.now() - begun
        say(f"step {step}: loss {loss:.4f}, validation {accuracy:.4%}, {seconds:.2f} s, of which {watch.seconds:.2f} s training")
        if reached is None and accuracy >= options.target:
            reached = (step, seconds, watch.seconds)
            if options.stop_at_target:
                break
        trainer.loss_sum.zero_()
        last_evaluation = step
        watch.go(step)
    images = watch.steady_steps * options.batch
    target = f"{100 * options.target:g}"
    step_reached, seconds_reached, training_reached = reached or (None, None, None)
    return {
        "images_per_second": round(images / watch.steady_seconds, 1) if images else None,
        f"seconds_to_{target}": rounded(seconds_reached, 3),
        f"seconds_to_{target}_without_evaluations": rounded(training_reached, 3),
        f"epochs_to_{target}": rounded(step_reached and step_reached * options.batch / TRAINING_IMAGES, 2),
        "final_validation": exam.final_accuracy(),
        "steps_made": step,
        "steps_measured": watch.steady_steps,
        "training_seconds": round(watch.seconds, 3),
    }


def rounded(value, digits):
    return None if value is None else round(value, digits)


def set_precision(precision):
    """`default` is how PyTorch comes: TF32 in convolutions, not in matrix products."""
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision != "ieee"
    # The fastest algorithms for these shapes; they are chosen before the clock runs.
    torch.backends.cudnn.benchmark = True


def engine(options):
    """How this variant runs, in words."""
    words = ["compiled" if options.compile else "eager"]
    if options.compile and options.compile_mode != "default":
        words[0] += f" ({options.compile_mode})"
    if options.cuda_graph:
        words.append("CUDA graph")
    if options.channels_last:
        words.append("channels last")
    if options.no_fused:
        words.append("AdamW not fused")
    words.append({"ieee": "IEEE f32", "default": "TF32 in convolutions", "tf32": "TF32"}[options.precision])
    return f"PyTorch {torch.__version__.split('+')[0]}, " + ", ".join(words)


def measure(options):
    """One variant, in this process."""
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no CUDA device; --device cpu only tries the script out")
    if options.cuda_graph and device.type != "cuda":
        sys.exit("--cuda-graph needs a CUDA device")
    set_precision(options.precision)
    torch.manual_seed(options.seed)
    data = Data(options.data, device)
    trainer = Trainer(options, data, device)
    exam = Exam(trainer)
    say(f"{engine(options)}: {options.model}, batch {options.batch}, {options.steps} steps")
    begun = time.perf_counter()
    trainer.prepare()
    # Algorithms for the evaluation's shapes are chosen here as well. The averages have not moved yet.
    exam.quick_accuracy()
    preparation = time.perf_counter() - begun
    measured = train(trainer, exam, options)
    return {
        "network": options.model,
        "engine": engine(options),
        "adapter": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
        "batch": options.batch,
        "epochs": round(options.steps * options.batch / TRAINING_IMAGES, 2),
        **measured,
        # Compiling, choosing algorithms, capturing: before training, in none of the other figures.
        "preparation_seconds": round(preparation, 3),
        "seed": options.seed,
        "torch_version": torch.__version__,
    }


def measure_all(options, arguments):
    """Every variant in a process of its own, so that none profits or suffers from another's state."""
    given = [argument for argument in arguments if argument != "--all"]
    failed = 0
    for variant in VARIANTS:
        if options.model == "mlp" and "--channels-last" in variant:
            continue
        done = subprocess.run([sys.executable, __file__, *given, *variant], stdout=subprocess.PIPE, text=True)
        if done.returncode == 0:
            print(done.stdout, end="", flush=True)
        else:
            failed += 1
            say(f"failed with status {done.returncode}: {' '.join(variant)}")
    return 1 if failed else 0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    add = parser.add_argument
    add("--model", choices=sorted(DEFAULTS), required=True)
    add("--data", type=Path, default=cache / "mnistify" / "mnist", help="folder of the IDX files; the trainer's own if not said")
    add("--batch", type=int, help="images a step; 512 (mlp) or 256 (cnn) if not said")
    add("--epochs", type=float, help="length of the schedule; 400 (mlp) or 22 (cnn) if not said")
    add("--steps", type=int, help="its length in steps, in place of --epochs")
    add("--evaluate-every", type=int, help="steps between evaluations; 5 epochs (mlp) or 1 (cnn) if not said")
    add("--target", type=float, default=0.99, help="accuracy on validation whose time is told (0.99)")
    add("--stop-at-target", action="store_true", help="end at the first evaluation that has it; the schedule stays as long")
    add("--warm-up-steps", type=int, default=100, help="first steps that do not count for images_per_second (100)")
    add("--precision", choices=["ieee", "default", "tf32"], default="default", help="TF32 nowhere, in convolutions (PyTorch's default), everywhere")
    add("--compile", action="store_true", help="torch.compile for the augmentation and for the forward with its gradient")
    add("--compile-mode", default="default", help="torch.compile's mode, such as max-autotune-no-cudagraphs")
    add("--cuda-graph", action="store_true", help="replay the whole step as one CUDA graph")
    add("--channels-last", action="store_true", help="convolutions in NHWC")
    add("--no-fused", action="store_true", help="AdamW in several kernels (foreach) in place of one")
    add("--seed", type=int, default=1)
    add("--device", default="cuda", help="cuda, or cpu to try the script out")
    add("--all", action="store_true", help="measure every variant, each in a process of its own")
    options = parser.parse_args(arguments)

    defaults = DEFAULTS[options.model]
    for option in ("batch", "epochs", "steps", "evaluate_every"):
        value = getattr(options, option)
        if value is not None and value <= 0:
            parser.error(f"--{option.replace('_', '-')} must be above 0")
    options.batch = options.batch or defaults["batch"]
    options.steps = options.steps or steps_of(options.epochs or defaults["epochs"], options.batch)
    options.evaluate_every = options.evaluate_every or steps_of(defaults["evaluate_epochs"], options.batch)
    options.weight_decay, options.elastic = defaults["weight_decay"], defaults["elastic"]
    if options.cuda_graph and options.compile_mode in ("reduce-overhead", "max-autotune"):
        parser.error(f"--compile-mode {options.compile_mode} makes CUDA graphs of its own; leave out --cuda-graph")
    if options.batch > TRAINING_IMAGES:
        parser.error(f"--batch must be at most {TRAINING_IMAGES}")
    return options


def main():
    arguments = sys.argv[1:]
    options = parse(arguments)
    if options.all:
        sys.exit(measure_all(options, arguments))
    print(json.dumps(measure(options)), flush=True)


if __name__ == "__main__":
    main()
