//! Buffers, pipelines and steps.

use super::{
    changes::Changes,
    header::{HEADER, Header},
    kernels::{RECORD, Tile},
    layout::{Kernel, TrainingLayout, Unsupported},
    programs::{Buffers, Dispatch, Kernels, Programs},
    publish::Publisher,
};
use crate::{
    augment::Sampling,
    config::TrainConfig,
    engine::{Engine, MakeEngine, OptimizerError, StepSettings},
    feeder::{Pool, Sample},
    metrics::CLASSES,
};
use mnistify_drawing::PIXELS;
use mnistify_network::{
    Model, NetworkSpec, Normalisation, TensorF32,
    fused::{
        ArenaBuffer, ArenaRead, FusedNetwork, Gpu, GpuTimer,
        by_hand::{self, WORKED_ON},
        read_polled,
    },
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Steps that may be on their way to the GPU; more would only take memory.
const STEPS_IN_FLIGHT: usize = 8;

/// Trains on a GPU with the kernels of this module.
pub struct FusedEngine {
    gpu: Gpu,
    spec: NetworkSpec,
    layout: TrainingLayout,
    normalisation: Normalisation,
    nearest: bool,
    weight_decay: f32,
    label_smoothing: f32,
    pool: Arc<Pool>,
    buffers: Buffers,
    /// Forward with the weights that are trained, then everything else of a step.
    training: Vec<Dispatch>,
    /// Forward with the averaged weights.
    averaged: Vec<Dispatch>,
    records: Vec<f32>,
    in_flight: VecDeque<wgpu::SubmissionIndex>,
    /// Steps since the losses were read.
    losses: usize,
    publisher: Option<Publisher>,
    changes: Option<Changes>,
}

/// How a step of a network that reads while it learns differs from the trainer's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveStep {
    /// Decay of the moving average of the batch normalisations' statistics: the averaged network reads at once.
    pub statistics_decay: f64,
    /// Gradient descent with momentum in AdamW's place.
    pub plain: bool,
}

impl FusedEngine {
    /// Uploads `pool` and compiles the kernels; samples name the pool's images by their place.
    ///
    /// # Errors
    /// Where the kernels do not cover the network or the batch, or the GPU's buffers are too small.
    pub fn new(
        model: &Model,
        config: &TrainConfig,
        pool: &Arc<Pool>,
        gpu: &Gpu,
    ) -> Result<Self, Unsupported> {
        Self::with_kernels(model, config, pool, gpu, &Kernels::default())
    }

    /// The same; what `kernels` holds is not compiled again.
    ///
    /// # Errors
    /// As [`FusedEngine::new`].
    pub fn with_kernels(
        model: &Model,
        config: &TrainConfig,
        pool: &Arc<Pool>,
        gpu: &Gpu,
        kernels: &Kernels,
    ) -> Result<Self, Unsupported> {
        let nearest = config.augmentation.sampling == Sampling::Nearest;
        let layout = TrainingLayout::new(&model.spec, config.batch, nearest)?;
        let device = &gpu.device;
        // Four pixels a word, the first in the lowest byte.
        let pixels: &[u8] = pool.images.as_flattened();
        let buffer = |label: &str, values: usize| {
            by_hand::buffer(device, label, values * size_of::<f32>(), WORKED_ON)
        };
        let largest = device.limits().max_storage_buffer_binding_size;
        let needed = (layout.work_count * size_of::<f32>()).max(pixels.len()) as u64;
        if needed > largest {
            return Err(Unsupported(format!(
                "it needs a buffer of {needed} bytes, and this GPU binds at most {largest}; a smaller batch needs less"
            )));
        }
        let buffers = Buffers {
            records: buffer("records", HEADER + layout.batch * RECORD),
            pool: buffer("pool", pixels.len() / size_of::<u32>()),
            work: buffer("work", layout.work_count),
            parameters: buffer("parameters", layout.parameter_count),
            average: buffer("average", layout.parameter_count),
            moments: buffer("moments", 2 * layout.parameter_count),
            transposed: buffer("transposed", layout.parameter_count),
            running: buffer("running", layout.running_count),
            lengths: buffer("lengths", 16),
        };
        gpu.queue.write_buffer(&buffers.pool, 0, pixels);
        let compiler = Programs {
            gpu,
            buffers: &buffers,
            kernels,
        };
        let mut training = compiler.dispatches(&layout.forward, false);
        training.extend(compiler.dispatches(&layout.backward, false));
        let averaged = compiler.dispatches(&layout.forward, true);
        let mut engine = Self {
            gpu: gpu.clone(),
            spec: model.spec.clone(),
            nearest,
            pool: Arc::clone(pool),
            normalisation: model.spec.normalisation(),
            weight_decay: config.weight_decay as f32,
            label_smoothing: config.label_smoothing as f32,
            records: vec![0.0; HEADER + layout.batch * RECORD],
            layout,
            buffers,
            training,
            averaged,
            in_flight: VecDeque::new(),
            losses: 0,
            publisher: None,
            changes: None,
        };
        engine.begin(model, config);
        Ok(engine)
    }

    /// Whether this engine's kernels and images also serve another training.
    fn serves(&self, model: &Model, config: &TrainConfig, pool: &Arc<Pool>) -> bool {
        let nearest = config.augmentation.sampling == Sampling::Nearest;
        self.spec == model.spec
            && self.layout.batch == config.batch
            && self.nearest == nearest
            && Arc::ptr_eq(&self.pool, pool)
    }

    /// Begins a training with these weights.
    fn begin(&mut self, model: &Model, config: &TrainConfig) {
        self.weight_decay = config.weight_decay as f32;
        self.label_smoothing = config.label_smoothing as f32;
        self.set_network(model);
        self.set_average(model);
        let zeros = vec![0.0; 2 * self.layout.parameter_count];
        self.write(&self.buffers.moments, 0, &zeros);
        self.forget_losses();
    }

    /// Puts these values into a buffer, from its `first` value on.
    fn write(&self, buffer: &wgpu::Buffer, first: usize, values: &[f32]) {
        let offset = (first * size_of::<f32>()) as u64;
        let bytes = bytemuck::cast_slice(values);
        self.gpu.queue.write_buffer(buffer, offset, bytes);
    }

    /// From here on losses are added up anew. Of how many images they were until now.
    fn forget_losses(&mut self) -> usize {
        let zeros = vec![0.0; self.layout.batch];
        self.write(&self.buffers.work, self.layout.loss, &zeros);
        std::mem::take(&mut self.losses) * self.layout.batch
    }

    fn set_network(&mut self, model: &Model) {
        let (values, _) = self.layout.flatten(model);
        self.write(&self.buffers.parameters, 0, &values);
        let transposed = self.layout.transposed(&values);
        self.write(&self.buffers.transposed, 0, &transposed);
    }

    fn model(&self, values: &wgpu::Buffer) -> Model {
        let values = self.read(values, 0, self.layout.parameter_count);
        let running = self.read(&self.buffers.running, 0, self.layout.running_count);
        self.model_of(&values, &running)
    }

    /// The header of a step.
    fn learning(&self, settings: &StepSettings) -> Header {
        let time = settings.step as i32 + 1;
        Header {
            learning_rate: settings.learning_rate as f32,
            weight_decay: self.weight_decay,
            first_correction: (1.0 - 0.9f64.powi(time)) as f32,
            second_correction: (1.0 - 0.999f64.powi(time)) as f32,
            average_decay: settings.average_decay as f32,
            label_smoothing: self.label_smoothing,
            ..self.reading()
        }
    }

    /// The header of a forward with the averaged weights.
    fn reading(&self) -> Header {
        Header {
            scale: self.normalisation.scale,
            offset: self.normalisation.offset,
            epsilon: self.layout.epsilon,
            keeps: 1.0,
            ..Header::default()
        }
    }

    /// Runs `dispatches` on some samples, at most a batch of them; missing ones repeat the first.
    fn run(&mut self, which: Program, header: Header, samples: &[Sample]) {
        self.run_timed(which, header, samples, None);
    }

    fn run_timed(
        &mut self,
        which: Program,
        header: Header,
        samples: &[Sample],
        timer: Option<&GpuTimer>,
    ) {
        assert!(!samples.is_empty() && samples.len() <= self.layout.batch);
        self.records[..HEADER].copy_from_slice(bytemuck::cast_slice(&[header]));
        for place in 0..self.layout.batch {
            let sample = samples.get(place).unwrap_or(&samples[0]);
            let record = &mut self.records[HEADER + place * RECORD..][..RECORD];
            record[0] = sample.image as f32;
            record[1] = f32::from(sample.class);
            sample.warp.write_values(&mut record[2..]);
        }
        self.write(&self.buffers.records, 0, &self.records);
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let timestamps = timer.and_then(GpuTimer::begin);
        let timer = timer.filter(|_| timestamps.is_some());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("step"),
                timestamp_writes: timestamps,
            });
            let dispatches = match which {
                Program::Training => &self.training,
                Program::Averaged => &self.averaged,
            };
            for dispatch in dispatches {
                dispatch.kernel.launch(&mut pass, dispatch.workgroups);
            }
        }
        if let Some(timer) = timer {
            timer.resolve(&mut encoder);
        }
        let index = self.gpu.queue.submit([encoder.finish()]);
        if let Some(timer) = timer {
            timer.submitted();
        }
        self.in_flight.push_back(index);
        if self.in_flight.len() > STEPS_IN_FLIGHT {
            let submission_index = self.in_flight.pop_front();
            // A lost device shows where something is read.
            let _ = self.gpu.device.poll(wgpu::PollType::Wait {
                submission_index,
                timeout: None,
            });
        }
    }

    /// A step after which the averaged network can read without a calibration. `timer` times it, where it is free.
    pub fn live_step(
        &mut self,
        samples: &[Sample],
        settings: &StepSettings,
        live: &LiveStep,
        timer: Option<&GpuTimer>,
    ) {
        let header = Header {
            keeps: live.statistics_decay as f32,
            accumulates: (1.0 - live.statistics_decay) as f32,
            plain: if live.plain { 1.0 } else { 0.0 },
            ..self.learning(settings)
        };
        self.run_timed(Program::Training, header, samples, timer);
        self.losses += 1;
    }

    /// From now on [`FusedEngine::publish`] puts the averaged weights where `live` reads, a network of the same
    /// architecture.
    pub fn publish_to(&mut self, live: &FusedNetwork) {
        let buffers = [&self.buffers.average, &self.buffers.running];
        let publisher = Publisher::new(&self.gpu, &self.layout, live, buffers);
        self.publisher = Some(publisher);
    }

    /// Puts the averaged weights where the live network reads; the next forward on the queue reads with them.
    pub fn publish(&self) {
        if let Some(publisher) = &self.publisher {
            publisher.publish(&self.gpu);
        }
    }

    /// From here on it is measured how far the weights of each layer move.
    pub fn watch_changes(&mut self) {
        let weights = &self.buffers.parameters;
        let changes = self
            .changes
            .get_or_insert_with(|| Changes::new(&self.gpu, &self.layout, weights));
        changes.remember(&self.gpu, weights);
    }

    /// For each of [`FusedEngine::changed_layers`] the sums of squares of its weights' changes since
    /// [`FusedEngine::watch_changes`] and of its weights before, `[layers, 2]`, on their way; none where nobody watched.
    pub fn changes_on_their_way(&self) -> Option<ArenaRead> {
        let changes = self.changes.as_ref()?;
        Some(changes.measure(&self.gpu))
    }

    /// The layers of the spec that have weights, in the order of the parameters.
    pub fn changed_layers(&self) -> Vec<usize> {
        let parameters = self.layout.parameters.iter();
        parameters.map(|parameters| parameters.layer).collect()
    }

    /// The sums of the losses of a batch's places since the last call, `[batch]`, on their way, and of how many images
    /// they are altogether. Waits for nothing.
    pub fn losses_on_their_way(&mut self) -> (ArenaRead, usize) {
        let read = self.on_its_way(&self.buffers.work, self.layout.loss, self.layout.batch);
        (read, self.forget_losses())
    }

    /// What the averaged network says of at most a batch of samples: logits, `[classes, batch]`, on their way.
    pub fn logits_on_their_way(&mut self, samples: &[Sample]) -> ArenaRead {
        let header = Header {
            uses_running: 1.0,
            ..self.reading()
        };
        self.run(Program::Averaged, header, samples);
        let values = self.layout.classes * self.layout.batch;
        self.on_its_way(&self.buffers.work, self.layout.logits, values)
    }

    /// The averaged weights and statistics on their way; [`FusedEngine::model_of`] makes a model of them.
    pub fn average_on_its_way(&self) -> [ArenaRead; 2] {
        [
            self.on_its_way(&self.buffers.average, 0, self.layout.parameter_count),
            self.on_its_way(&self.buffers.running, 0, self.layout.running_count),
        ]
    }

    /// The model of what [`FusedEngine::average_on_its_way`] brought.
    pub fn model_of(&self, values: &[f32], running: &[f32]) -> Model {
        self.layout.unflatten(&self.spec, values, running)
    }

    /// The network that is trained.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// How many images a step sees.
    pub fn batch(&self) -> usize {
        self.layout.batch
    }

    /// Puts other images in the places of the pool's from `first` on; the next step sees them.
    pub fn set_images(&mut self, first: usize, images: &[[u8; PIXELS]]) {
        let offset = (first * PIXELS) as u64;
        let pixels = images.as_flattened();
        self.gpu
            .queue
            .write_buffer(&self.buffers.pool, offset, pixels);
    }

    /// Begins anew with these weights and this configuration, whose batch must be the one that it was made for.
    ///
    /// # Panics
    /// Where model or batch are of another size.
    pub fn begin_again(&mut self, model: &Model, config: &TrainConfig) {
        assert_eq!(
            (&model.spec, config.batch),
            (&self.spec, self.layout.batch),
            "an engine is made for one network and one batch"
        );
        self.begin(model, config);
    }

    fn on_its_way(&self, buffer: &wgpu::Buffer, first: usize, values: usize) -> ArenaRead {
        let source = ArenaBuffer {
            buffer: buffer.clone(),
            offset: (first * size_of::<f32>()) as u64,
        };
        read_polled(&self.gpu, &[source], values)
    }

    /// Some values of a buffer. Blocks.
    fn read(&self, source: &wgpu::Buffer, first: usize, values: usize) -> Vec<f32> {
        let size = (values * size_of::<f32>()) as u64;
        let staging = self.staging(size);
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let first = (first * size_of::<f32>()) as u64;
        encoder.copy_buffer_to_buffer(source, first, &staging, 0, size);
        self.gpu.queue.submit([encoder.finish()]);
        self.mapped(&staging)
    }

    fn staging(&self, size: u64) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        by_hand::buffer(&self.gpu.device, "read", size as usize, usage)
    }

    /// A staging buffer's values as soon as they are there.
    ///
    /// # Panics
    /// Where the GPU is lost: training cannot go on, and the last checkpoint remains.
    fn mapped(&self, staging: &wgpu::Buffer) -> Vec<f32> {
        staging.slice(..).map_async(wgpu::MapMode::Read, |result| {
            result.expect("the GPU was lost; the last checkpoint remains");
        });
        self.gpu
            .device
            .poll(wgpu::PollType::wait_indefinitely())
            .expect("the GPU was lost; the last checkpoint remains");
        let view = staging.slice(..).get_mapped_range();
        bytemuck::cast_slice(&view).to_vec()
    }

    /// How long every kernel of a step takes on its own, and every matrix product under other tiles. `clock` tells
    /// seconds. Blocks.
    pub fn profile(&mut self, clock: &dyn Fn() -> f64) -> Vec<KernelTime> {
        const REPEATED: usize = 40;
        const WARMING_SECONDS: f64 = 0.04;
        let launches = self.layout.forward.iter().chain(&self.layout.backward);
        let programs = Programs {
            gpu: &self.gpu,
            buffers: &self.buffers,
            kernels: &Kernels::default(),
        };
        let mut times = Vec::new();
        for (index, launch) in launches.enumerate() {
            let own = launch.product().map(|(tile, _)| tile);
            let others = Tile::CANDIDATES.iter().filter(|tile| Some(**tile) != own);
            let others = others.filter_map(|tile| launch.cut(*tile));
            for launch in std::iter::once(*launch).chain(others) {
                let dispatch = programs.dispatch(&launch, false);
                let run = || {
                    let begun = clock();
                    by_hand::submit(&self.gpu.device, &self.gpu.queue, |pass| {
                        for _ in 0..REPEATED {
                            dispatch.kernel.launch(pass, dispatch.workgroups);
                        }
                    });
                    let _ = self.gpu.device.poll(wgpu::PollType::wait_indefinitely());
                    clock() - begun
                };
                // An idle GPU runs at a fraction of its clock, and takes a while to come back.
                let begun = clock();
                let mut least = f64::INFINITY;
                while clock() - begun < WARMING_SECONDS {
                    least = least.min(run());
                }
                let micros = 1e6 * least / REPEATED as f64;
                let product = launch.product();
                times.push(KernelTime {
                    kernel: format!("{index} {}", launch.kernel.name()),
                    tile: product.map(|(tile, _)| tile),
                    workgroups: launch.workgroups,
                    micros,
                    tera_flops: product.map(|(_, work)| 2e-6 * work as f64 / micros),
                });
            }
        }
        times
    }

    /// The gradients of the last step, by the names of the tensors. Blocks.
    pub fn gradients(&self) -> BTreeMap<String, TensorF32> {
        let work = self.read(&self.buffers.work, 0, self.layout.work_count);
        let mut gradients = vec![0.0; self.layout.parameter_count];
        for launch in &self.layout.backward {
            if let Kernel::Adam(shape) = launch.kernel {
                for index in 0..shape.count {
                    let parts = (0..shape.splits)
                        .map(|split| work[shape.gradient + split * shape.count + index]);
                    gradients[shape.parameters + index] = parts.sum();
                }
            }
        }
        let running = vec![0.0; self.layout.running_count];
        let mut tensors = self.model_of(&gradients, &running).tensors;
        tensors.retain(|name, _| !name.contains("running"));
        tensors
    }

    /// The images of the last step as the network saw them, `[batch][784]`. Blocks.
    pub fn images(&self) -> Vec<Vec<f32>> {
        let Kernel::Augment(shape) = self.layout.forward[0].kernel else {
            unreachable!("a forward begins with the images");
        };
        let size = PIXELS;
        let values = self.read(&self.buffers.work, shape.output, size * shape.batch);
        (0..shape.batch)
            .map(|image| {
                (0..size)
                    .map(|pixel| values[pixel * shape.batch + image])
                    .collect()
            })
            .collect()
    }
}

/// One kernel's time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KernelTime {
    /// Its number in the step, and what it does.
    pub kernel: String,
    /// How it is cut; none where it is no matrix product.
    pub tile: Option<Tile>,
    /// How many are launched, along x, y and z.
    pub workgroups: [usize; 3],
    /// Of one launch, the least of several means.
    pub micros: f64,
    /// Of matrix products: 10¹² multiplications and additions a second.
    pub tera_flops: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Program {
    Training,
    Averaged,
}

impl Engine for FusedEngine {
    fn step(&mut self, samples: &[Sample], settings: &StepSettings) {
        let header = self.learning(settings);
        self.run(Program::Training, header, samples);
        self.losses += 1;
    }

    fn take_mean_loss(&mut self) -> f32 {
        let batch = self.layout.batch;
        let sums = self.read(&self.buffers.work, self.layout.loss, batch);
        let count = self.forget_losses();
        let sum: f64 = sums.iter().map(|sum| f64::from(*sum)).sum();
        (sum / count as f64) as f32
    }

    fn calibrate(&mut self, samples: &[Sample]) {
        if self.layout.epsilon == 0.0 {
            return;
        }
        let zeros = vec![0.0; self.layout.running_count];
        self.write(&self.buffers.running, 0, &zeros);
        if samples.is_empty() {
            return;
        }
        // Whole batches only; the last one is filled up with the first samples again.
        let batch = self.layout.batch;
        let batches = samples.len().div_ceil(batch);
        let header = Header {
            accumulates: 1.0 / batches as f32,
            ..self.reading()
        };
        let mut again = samples.iter().cycle().cloned();
        for _ in 0..batches {
            let batch: Vec<Sample> = again.by_ref().take(batch).collect();
            self.run(Program::Averaged, header, &batch);
        }
    }

    fn answers(&mut self, samples: &[Sample]) -> Vec<u8> {
        let batch = self.layout.batch;
        let size = (CLASSES * batch * size_of::<f32>()) as u64;
        let chunks = samples.len().div_ceil(batch);
        let staging = self.staging(size * chunks as u64);
        let header = Header {
            uses_running: 1.0,
            ..self.reading()
        };
        let first = (self.layout.logits * size_of::<f32>()) as u64;
        for (place, chunk) in samples.chunks(batch).enumerate() {
            self.run(Program::Averaged, header, chunk);
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            let to = size * place as u64;
            encoder.copy_buffer_to_buffer(&self.buffers.work, first, &staging, to, size);
            self.gpu.queue.submit([encoder.finish()]);
        }
        let logits = self.mapped(&staging);
        (0..samples.len())
            .map(|index| {
                let start = index / batch * CLASSES * batch + index % batch;
                let of = |class: usize| logits[start + class * batch];
                let better =
                    |best: usize, class: usize| if of(class) > of(best) { class } else { best };
                (1..CLASSES).fold(0, better) as u8
            })
            .collect()
    }

    fn network(&self) -> Model {
        self.model(&self.buffers.parameters)
    }

    fn average(&self) -> Model {
        self.model(&self.buffers.average)
    }

    fn set_average(&mut self, model: &Model) {
        let (values, running) = self.layout.flatten(model);
        self.write(&self.buffers.average, 0, &values);
        self.write(&self.buffers.running, 0, &running);
    }

    fn optimizer(&self) -> Result<Vec<u8>, OptimizerError> {
        let moments = self.read(&self.buffers.moments, 0, 2 * self.layout.parameter_count);
        let bytes = bytemuck::cast_slice(&moments);
        TensorView::new(Dtype::F32, vec![moments.len()], bytes)
            .and_then(|view| safetensors::serialize([("moments", view)], None))
            .map_err(refused)
    }

    fn restore(
        &mut self,
        network: &Model,
        average: &Model,
        optimizer: &[u8],
    ) -> Result<(), OptimizerError> {
        let file = SafeTensors::deserialize(optimizer).map_err(refused)?;
        let moments = file.tensor("moments").map_err(refused)?.data();
        let expected = 2 * self.layout.parameter_count * size_of::<f32>();
        if moments.len() != expected {
            return Err(OptimizerError(format!(
                "holds {} bytes of moments, expected {expected}",
                moments.len()
            )));
        }
        self.set_network(network);
        self.set_average(average);
        self.gpu
            .queue
            .write_buffer(&self.buffers.moments, 0, moments);
        Ok(())
    }

    fn optimizer_extension(&self) -> &'static str {
        "safetensors"
    }
}

/// Makes fused engines on one GPU, and uses the last one's kernels again where they fit.
pub struct FusedMaker {
    gpu: Gpu,
    engine: Option<FusedEngine>,
}

impl FusedMaker {
    /// A maker for this GPU.
    pub fn new(gpu: Gpu) -> Self {
        Self { gpu, engine: None }
    }
}

impl MakeEngine for FusedMaker {
    fn engine(
        &mut self,
        model: &Model,
        config: &TrainConfig,
        pool: &Arc<Pool>,
    ) -> Result<&mut dyn Engine, Unsupported> {
        let kept = self.engine.take();
        let engine = match kept.filter(|engine| engine.serves(model, config, pool)) {
            Some(mut engine) => {
                engine.begin(model, config);
                engine
            }
            None => FusedEngine::new(model, config, pool, &self.gpu)?,
        };
        Ok(self.engine.insert(engine))
    }
}

fn refused(error: safetensors::SafeTensorError) -> OptimizerError {
    OptimizerError(error.to_string())
}
