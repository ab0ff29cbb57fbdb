//! What launches by hand need of wgpu: buffers, shaders, bind groups, passes.

/// Usages of a buffer that kernels work on and that is copied to and from.
pub const WORKED_ON: wgpu::BufferUsages = wgpu::BufferUsages::STORAGE
    .union(wgpu::BufferUsages::COPY_DST)
    .union(wgpu::BufferUsages::COPY_SRC);

/// A buffer of so many bytes.
pub fn buffer(
    device: &wgpu::Device,
    label: &str,
    bytes: usize,
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes as u64,
        usage,
        mapped_at_creation: false,
    })
}

/// A shader that was written in WGSL.
pub fn shader(device: &wgpu::Device, label: &str, source: &str) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    })
}

/// The pipeline of a shader's entry point, whose only bind group is what that point uses, with these constants.
pub fn pipeline(
    device: &wgpu::Device,
    shader: &wgpu::ShaderModule,
    entry_point: &str,
    constants: &[(&str, f64)],
) -> wgpu::ComputePipeline {
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry_point),
        layout: None,
        module: shader,
        entry_point: Some(entry_point),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants,
            ..Default::default()
        },
        cache: None,
    })
}

/// A bind group of these in their order.
pub fn bind<'a>(
    device: &wgpu::Device,
    label: &str,
    layout: &wgpu::BindGroupLayout,
    resources: impl IntoIterator<Item = wgpu::BindingResource<'a>>,
) -> wgpu::BindGroup {
    let entries: Vec<_> = (0..)
        .zip(resources)
        .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(label),
        layout,
        entries: &entries,
    })
}

/// A pipeline with what it is bound to.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What is run.
    pub pipeline: wgpu::ComputePipeline,
    /// On what.
    pub bind_group: wgpu::BindGroup,
}

impl Bound {
    /// Binds these to a pipeline, in their order.
    pub fn new<'a>(
        device: &wgpu::Device,
        label: &str,
        pipeline: wgpu::ComputePipeline,
        resources: impl IntoIterator<Item = wgpu::BindingResource<'a>>,
    ) -> Self {
        let layout = pipeline.get_bind_group_layout(0);
        Self {
            bind_group: bind(device, label, &layout, resources),
            pipeline,
        }
    }

    /// Encodes a launch of so many workgroups.
    pub fn launch(&self, pass: &mut wgpu::ComputePass<'_>, workgroups: [u32; 3]) {
        launch(pass, &self.pipeline, &self.bind_group, workgroups);
    }
}

/// Encodes a launch of so many workgroups.
pub fn launch(
    pass: &mut wgpu::ComputePass<'_>,
    pipeline: &wgpu::ComputePipeline,
    bind_group: &wgpu::BindGroup,
    [x, y, z]: [u32; 3],
) {
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, bind_group, &[]);
    pass.dispatch_workgroups(x, y, z);
}

/// Submits one pass.
pub fn submit(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    encode: impl FnOnce(&mut wgpu::ComputePass<'_>),
) {
    let mut encoder = device.create_command_encoder(&Default::default());
    encode(&mut encoder.begin_compute_pass(&Default::default()));
    queue.submit([encoder.finish()]);
}
