//! The strongest contributions to a dense neuron, found on the GPU in the arena that the forward wrote. Only the terms
//! come back, and nothing waits for them.

use super::{
    SharedGpu,
    read_back::{ReadBack, pairs},
};
use mnistify_network::fused::by_hand;

/// More terms than this are not searched.
pub const MOST_TERMS: usize = 96;

/// `weight · input` of one input of a neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Index of the input value in the row that the neuron reads.
    pub source: usize,
    /// `weight · input` itself.
    pub product: f32,
}

/// A dense neuron: its place in the network and what its sum runs over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron<'a> {
    /// Row of the arena and number of the neuron.
    pub place: (usize, usize),
    /// First of its inputs in the arena.
    pub first_input: usize,
    /// One weight an input.
    pub weights: &'a [f32],
}

/// Finds the strongest terms of one neuron at a time.
pub struct TopTerms {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    buffers: Option<Buffers>,
    read: ReadBack<(usize, usize)>,
}

/// A neuron's place and its strongest terms, strongest first.
pub type Found = ((usize, usize), Vec<Contribution>);

/// Buffers for neurons of one number of inputs.
struct Buffers {
    inputs: usize,
    weights: wgpu::Buffer,
    weights_of: Option<(usize, usize)>,
    task: wgpu::Buffer,
    terms: wgpu::Buffer,
    products: wgpu::Buffer,
}

/// Bytes of one term in `shaders/top_terms.wgsl`.
const TERM_BYTES: usize = 8;

impl TopTerms {
    /// Compiles the shader.
    pub fn new(gpu: &SharedGpu) -> Self {
        let device = gpu.device.wgpu_device();
        let source = include_str!("../../shaders/top_terms.wgsl");
        let shader = by_hand::shader(device, "top terms", source);
        let layout = super::storage_layout(device, "top terms", &[true, true, true, false, false]);
        let pipeline = super::compute_pipeline(device, "top terms", &shader, &layout, "strongest");
        Self {
            pipeline,
            layout,
            buffers: None,
            read: ReadBack::new(gpu, "top terms", MOST_TERMS * TERM_BYTES),
        }
    }

    /// Whether a result is on its way.
    pub fn is_busy(&self) -> bool {
        self.read.is_busy()
    }

    /// Encodes the search in `arena` (buffer, offset and size in bytes). Returns the bytes that will come back: 0 while
    /// the last result is still on its way, and then nothing is encoded.
    pub fn request(
        &mut self,
        gpu: &SharedGpu,
        arena: (&wgpu::Buffer, u64, u64),
        neuron: Neuron<'_>,
        count: usize,
    ) -> u64 {
        if !self.read.begin() {
            return 0;
        }
        let inputs = neuron.weights.len();
        if self.buffers.as_ref().is_none_or(|b| b.inputs != inputs) {
            self.buffers = Some(Buffers::new(gpu, inputs));
        }
        let Some(buffers) = &mut self.buffers else {
            unreachable!("they were made just now");
        };
        let count = count.min(MOST_TERMS).min(inputs);
        if buffers.weights_of != Some(neuron.place) {
            let weights = bytemuck::cast_slice(neuron.weights);
            gpu.queue.write_buffer(&buffers.weights, 0, weights);
            buffers.weights_of = Some(neuron.place);
        }
        let task = [neuron.first_input as u32, inputs as u32, count as u32, 0];
        gpu.queue
            .write_buffer(&buffers.task, 0, bytemuck::cast_slice(&task));
        let Buffers {
            weights,
            task,
            terms,
            products,
            ..
        } = &*buffers;
        let own = [weights, task, terms, products].map(wgpu::Buffer::as_entire_binding);
        let all = std::iter::once(super::part(arena)).chain(own);
        let device = gpu.device.wgpu_device();
        let bind_group = by_hand::bind(device, "top terms", &self.layout, all);
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            by_hand::launch(&mut pass, &self.pipeline, &bind_group, [1, 1, 1]);
        }
        let bytes = (count * TERM_BYTES) as u64;
        self.read
            .submit(gpu, encoder, &buffers.terms, bytes, neuron.place);
        bytes
    }

    /// The newest result, once.
    pub fn take(&self) -> Option<Found> {
        let (place, bytes) = self.read.take()?;
        let terms = pairs(&bytes).map(|(source, product)| Contribution { source, product });
        Some((place, terms.collect()))
    }
}

impl Buffers {
    fn new(gpu: &SharedGpu, inputs: usize) -> Self {
        let buffer = |label, bytes, usage| super::buffer(gpu, label, bytes, usage);
        let (storage, write) = (wgpu::BufferUsages::STORAGE, wgpu::BufferUsages::COPY_DST);
        let read = wgpu::BufferUsages::COPY_SRC;
        let terms = MOST_TERMS * TERM_BYTES;
        Self {
            inputs,
            weights: buffer("a neuron's weights", inputs * 4, storage | write),
            weights_of: None,
            task: buffer("top terms task", 16, storage | write),
            terms: buffer("top terms", terms, storage | read),
            products: buffer("a neuron's products", inputs * 4, storage),
        }
    }
}
