//! From a CubeCL kernel to a wgpu pipeline: compiled once by CubeCL's own WGSL compiler, and launched by hand.
//!
//! A launch through CubeCL costs about 70 µs of CPU time (measured on an H200's host: 0.2 ms for three kernels, 0.5
//! ms for seven), since it looks up kernel, memory and bind group every time. In the live forward none of them ever
//! changes.
//!
//! # What keeps a kernel within its memory
//!
//! Anybody's network is compiled into kernels, so the kernels of the forward are checked ([`Checks::Full`]), those of
//! the shipped networks too: one way for all is the way that is tested. What holds:
//!
//! - An index beyond a buffer stays within the kernel's own binding. wgpu promises it (`bounds_checks`): on Vulkan by
//!   the driver where it has `robustBufferAccess2` (then no instruction is added, and wgpu switches it on for the whole
//!   device anyway), elsewhere by code that it adds. The arena's and the weights' bindings are parts of larger buffers
//!   of burn's, and cover just these values (rounded up to 4 bytes).
//! - A kernel's own arrays and its workgroup's memory are checked likewise.
//! - Threads beyond the last output do nothing: each kernel compares its index with the shape that it is compiled for.
//!
//! What is left out, always:
//!
//! - CubeCL's own checks ([`ExecutionMode::Unchecked`]): they are the same once more, and need the buffers' lengths.
//! - Bounds on the number of rounds (`force_loop_bounding`): every loop counts to a number that is fixed when the kernel
//!   is compiled, in steps of 1 or more, whatever the network.
//! - Zeros in a workgroup's memory: kernels that have some write all of it before any of it is read.

use cubecl::{
    Compiler, WgpuCompilationOptions,
    prelude::{CubeKernel, ExecutionMode},
    wgpu::WgslCompiler,
};

/// Whether wgpu keeps a kernel's indices within its buffers and arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// For kernels whose shapes come from outside.
    Full,
    /// For kernels whose shapes the program itself has chosen; a wrong index may then reach any memory of the process.
    Trusted,
}

/// A kernel's source.
pub struct Shader {
    /// WGSL.
    pub source: String,
    /// The name of its entry point.
    pub entry_point: String,
    /// Buffers that it binds.
    pub buffers: usize,
    /// Whether one more binding tells it the buffers' lengths, which these kernels never read.
    pub has_info: bool,
}

/// Compiles a kernel to WGSL.
///
/// # Panics
/// Where the kernel uses what WGSL does not have, or asks for the length of a buffer.
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
    ///
    /// With [`Checks::Trusted`] the kernel itself has to stay within its buffers and arrays.
    pub fn pipeline(&self, device: &wgpu::Device, checks: Checks) -> wgpu::ComputePipeline {
        let module = wgpu::ShaderModuleDescriptor {
            label: Some(&self.entry_point),
            source: wgpu::ShaderSource::Wgsl(self.source.as_str().into()),
        };
        let checks = wgpu::ShaderRuntimeChecks {
            bounds_checks: checks == Checks::Full,
            ..wgpu::ShaderRuntimeChecks::unchecked()
        };
        // SAFETY: every loop ends (see the head of this file), and whoever trusts a kernel knows its indices.
        let module = unsafe { device.create_shader_module_trusted(module, checks) };
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
