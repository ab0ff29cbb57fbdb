//! From a CubeCL kernel to a wgpu pipeline: compiled once by CubeCL's own WGSL compiler, and launched by hand.
//!
//! A launch through CubeCL costs about 70 µs of CPU time (measured on an H200's host: 0.2 ms for three kernels, 0.5
//! ms for seven), since it looks up kernel, memory and bind group every time. In the live forward none of them ever
//! changes.

use cubecl::{
    Compiler, WgpuCompilationOptions,
    prelude::{CubeKernel, ExecutionMode},
    wgpu::WgslCompiler,
};

/// A kernel's source.
pub struct Shader {
    /// WGSL.
    pub source: String,
    pub entry_point: String,
    /// Buffers that it binds.
    pub buffers: usize,
    /// Whether one more binding tells it the buffers' lengths, which unchecked kernels never read.
    pub has_info: bool,
}

/// Compiles a kernel without bounds checks.
pub fn compile<K: CubeKernel>(kernel: &K) -> Shader {
    let shader = WgslCompiler::default()
        .compile(
            kernel.define(),
            &WgpuCompilationOptions::default(),
            ExecutionMode::Unchecked,
            kernel.address_type(),
        )
        .expect("the kernels of this crate use only what WGSL has");
    let source = shader.to_string();
    assert!(
        !source.contains("info."),
        "no kernel asks for a buffer's length"
    );
    Shader {
        entry_point: shader.kernel_name.clone(),
        buffers: shader.buffers.len(),
        has_info: shader.info.has_info(),
        source,
    }
}

impl Shader {
    /// The pipeline; its only bind group is the buffers in their order, then the lengths if they are declared.
    pub fn pipeline(&self, device: &wgpu::Device) -> wgpu::ComputePipeline {
        let module = wgpu::ShaderModuleDescriptor {
            label: Some(&self.entry_point),
            source: wgpu::ShaderSource::Wgsl(self.source.as_str().into()),
        };
        // SAFETY: the kernels stay within the shapes that they are compiled for, and their loops end.
        let module = unsafe {
            device.create_shader_module_trusted(module, wgpu::ShaderRuntimeChecks::unchecked())
        };
        let count = self.buffers + usize::from(self.has_info);
        let entries: Vec<_> = (0..count)
            .map(|binding| wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage {
                        read_only: self.is_read_only(binding),
                    },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(&self.entry_point),
            entries: &entries,
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&self.entry_point),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&self.entry_point),
            layout: Some(&layout),
            module: &module,
            entry_point: Some(&self.entry_point),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        })
    }

    /// CubeCL declares inputs as writable where buffers are shared, which depends on the platform; the source knows.
    fn is_read_only(&self, binding: usize) -> bool {
        let declared = format!("@binding({binding})\nvar<storage, read> ");
        self.source.contains(&declared)
    }
}
