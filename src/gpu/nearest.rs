//! Many vectors kept on the GPU, and those of them that are nearest to another, found there. Only their places come back,
//! and nothing waits for them.
//!
//! Near is what has the least sum of squared differences: of the values that a last layer weighs it bounds how far its sums
//! can differ, of pixels it is what the eye sees, and it is 0 for the very same vector. A cosine would be blind to how strong
//! a drawing's ink is.

use super::{
    SharedGpu,
    read_back::{ReadBack, pairs},
};
use mnistify_network::fused::by_hand;
use wgpu::util::DeviceExt;

/// No more are searched at once.
pub const MOST_NEAREST: usize = 16;
/// A bank is no larger, in bytes: where vectors are very long, it has room for fewer.
const BANK_BYTES: u64 = 64 << 20;
/// Threads of a workgroup in `shaders/nearest.wgsl`.
const THREADS: usize = 64;
/// Bytes of what is found in `shaders/nearest.wgsl`.
const NEAR_BYTES: usize = 8;

/// A kept vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Its place in the bank.
    pub place: usize,
    /// Its squared distance.
    pub distance: f32,
}

/// Vectors in a part of a GPU buffer.
#[derive(Clone, Copy)]
pub struct Vectors<'a> {
    /// The buffer, and offset and size of the part in bytes.
    pub part: (&'a wgpu::Buffer, u64, u64),
    /// Values from one vector to the next.
    pub stride: usize,
    /// The first one's first value.
    pub start: usize,
}

/// A bank of vectors.
pub struct Nearest {
    keep: wgpu::ComputePipeline,
    measure: wgpu::ComputePipeline,
    choose: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    room: usize,
    width: usize,
    kept: usize,
    task: wgpu::Buffer,
    bank: wgpu::Buffer,
    distances: wgpu::Buffer,
    found: wgpu::Buffer,
    /// One vector that comes from the CPU.
    asked: wgpu::Buffer,
    read: ReadBack<()>,
}

impl Nearest {
    /// How many vectors of so many values a bank on this device can hold.
    pub fn room(limits: &wgpu::Limits, width: usize) -> usize {
        let most = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size)
            .min(BANK_BYTES);
        let groups = limits.max_compute_workgroups_per_dimension as usize;
        if width == 0 || width > groups {
            return 0;
        }
        (most as usize) / (width * size_of::<f32>())
    }

    /// An empty bank for so many vectors of so many values.
    pub fn new(gpu: &SharedGpu, room: usize, width: usize) -> Self {
        let device = gpu.device.wgpu_device();
        let source = include_str!("../../shaders/nearest.wgsl");
        let shader = by_hand::shader(device, "nearest", source);
        let layout = super::storage_layout(device, "nearest", &[true, true, false, false, false]);
        let pipeline = |entry| super::compute_pipeline(device, "nearest", &shader, &layout, entry);
        let (storage, write) = (wgpu::BufferUsages::STORAGE, wgpu::BufferUsages::COPY_DST);
        let read = wgpu::BufferUsages::COPY_SRC;
        let word = size_of::<f32>();
        let found = MOST_NEAREST * NEAR_BYTES;
        Self {
            keep: pipeline("keep"),
            measure: pipeline("measure"),
            choose: pipeline("choose"),
            room,
            width,
            kept: 0,
            task: super::buffer(gpu, "nearest task", 32, storage | write),
            bank: super::buffer(gpu, "bank", room * width * word, storage),
            distances: super::buffer(gpu, "distances", room * word, storage),
            found: super::buffer(gpu, "nearest", found, storage | read),
            asked: super::buffer(gpu, "asked vector", width * word, storage | write),
            read: ReadBack::new(gpu, "nearest", found),
            layout,
        }
    }

    /// How many vectors it holds.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Whether a result is on its way.
    pub fn is_busy(&self) -> bool {
        self.read.is_busy()
    }

    /// Keeps so many more vectors, behind those that it holds.
    pub fn keep(&mut self, gpu: &SharedGpu, vectors: Vectors<'_>, count: usize) {
        let count = count.min(self.room - self.kept);
        let work = [self.kept as u32, count as u32, 0, 0];
        let bind_group = self.bind(gpu, vectors, work);
        let groups = [count.div_ceil(THREADS) as u32, self.width as u32, 1];
        by_hand::submit(gpu.device.wgpu_device(), &gpu.queue, |pass| {
            by_hand::launch(pass, &self.keep, &bind_group, groups);
        });
        self.kept += count;
    }

    /// The same with vectors that the CPU has.
    pub fn keep_these(&mut self, gpu: &SharedGpu, values: &[f32]) {
        let descriptor = wgpu::util::BufferInitDescriptor {
            label: Some("vectors from the CPU"),
            contents: bytemuck::cast_slice(values),
            usage: wgpu::BufferUsages::STORAGE,
        };
        let buffer = gpu.device.wgpu_device().create_buffer_init(&descriptor);
        let vectors = Vectors {
            part: (&buffer, 0, size_of_val(values) as u64),
            stride: self.width,
            start: 0,
        };
        self.keep(gpu, vectors, values.len() / self.width);
    }

    /// Searches so many that are nearest to the first of these vectors. Returns the bytes that will come back: 0 while the
    /// last result is still on its way, and then nothing is searched.
    pub fn search(&self, gpu: &SharedGpu, vectors: Vectors<'_>, wanted: usize) -> u64 {
        let wanted = wanted.min(MOST_NEAREST).min(self.kept);
        if wanted == 0 || !self.read.begin() {
            return 0;
        }
        let work = [self.kept as u32, 0, 0, wanted as u32];
        let bind_group = self.bind(gpu, vectors, work);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            let groups = [self.kept.div_ceil(THREADS) as u32, 1, 1];
            by_hand::launch(&mut pass, &self.measure, &bind_group, groups);
            by_hand::launch(&mut pass, &self.choose, &bind_group, [1, 1, 1]);
        }
        let bytes = (wanted * NEAR_BYTES) as u64;
        self.read.submit(gpu, encoder, &self.found, bytes, ());
        bytes
    }

    /// The same with a vector that the CPU has.
    pub fn search_this(&self, gpu: &SharedGpu, values: &[f32], wanted: usize) -> u64 {
        if self.is_busy() {
            return 0;
        }
        let bytes = bytemuck::cast_slice(values);
        gpu.queue.write_buffer(&self.asked, 0, bytes);
        let vectors = Vectors {
            part: (&self.asked, 0, self.asked.size()),
            stride: self.width,
            start: 0,
        };
        self.search(gpu, vectors, wanted)
    }

    /// The newest result, once: nearest first, of equally near ones the first.
    pub fn take(&self) -> Option<Vec<Near>> {
        let (_, bytes) = self.read.take()?;
        let near = pairs(&bytes).map(|(place, distance)| Near { place, distance });
        // Values that are no numbers are nowhere near.
        Some(near.filter(|near| near.place < self.kept).collect())
    }

    fn bind(&self, gpu: &SharedGpu, vectors: Vectors<'_>, work: [u32; 4]) -> wgpu::BindGroup {
        let places = [self.room, self.width, vectors.stride, vectors.start];
        let mut task = places.map(|value| value as u32).to_vec();
        task.extend(work);
        gpu.queue
            .write_buffer(&self.task, 0, bytemuck::cast_slice(&task));
        let own = [&self.task, &self.bank, &self.distances, &self.found];
        let own = own.map(wgpu::Buffer::as_entire_binding);
        let all = std::iter::once(super::part(vectors.part)).chain(own);
        by_hand::bind(gpu.device.wgpu_device(), "nearest", &self.layout, all)
    }
}
