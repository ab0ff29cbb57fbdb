//! What a training runs on: a GPU through wgpu with the fused kernels, or burn's operators on a GPU or the CPU.

use crate::{Result, burn_engine::BurnMaker};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use burn_wgpu::{RuntimeOptions, Wgpu, WgpuDevice, graphics::AutoGraphicsApi, init_setup};
use clap::{Args, ValueEnum};
use mnistify_learning::{engine::MakeEngine, fused::FusedMaker};
use mnistify_network::fused::Gpu;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was asked for.
#[derive(Args, Clone, Copy, Debug)]
pub struct BackendArguments {
    /// What to compute on; auto takes CUDA where it is compiled in, else a GPU through wgpu, else the CPU.
    #[arg(long, value_enum, default_value_t = BackendKind::Auto)]
    backend: BackendKind,

    /// What makes the steps on a GPU through wgpu.
    #[arg(long, value_enum, default_value_t = EngineKind::Fused)]
    engine: EngineKind,

    /// Which GPU, where there are several [default: the best]
    #[arg(long, value_name = "NUMBER")]
    gpu: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BackendKind {
    Auto,
    /// A GPU through Vulkan, Metal or DirectX 12.
    Wgpu,
    Cpu,
    /// Needs `--features cuda`.
    Cuda,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineKind {
    /// A few dozen kernels of this project a step.
    Fused,
    /// burn's operators and automatic differentiation: the reference.
    Burn,
}

/// A backend that is there.
pub enum Backend {
    Fused(Gpu),
    Wgpu(WgpuDevice),
    Cpu,
    #[cfg(feature = "cuda")]
    Cuda,
}

impl Backend {
    /// What makes this backend's engines.
    pub fn maker(self) -> Box<dyn MakeEngine> {
        match self {
            Self::Fused(gpu) => Box::new(FusedMaker::new(gpu)),
            Self::Wgpu(device) => Box::new(BurnMaker::<Autodiff<Wgpu>>::new(device)),
            Self::Cpu => Box::new(BurnMaker::<Autodiff<Flex>>::new(Default::default())),
            #[cfg(feature = "cuda")]
            Self::Cuda => Box::new(BurnMaker::<Autodiff<burn::backend::Cuda>>::new(
                Default::default(),
            )),
        }
    }
}

/// The backend and its name for people.
///
/// # Errors
/// Where what was asked for is not there.
pub fn choose(arguments: &BackendArguments) -> Result<(Backend, String)> {
    let BackendArguments {
        backend,
        engine,
        gpu,
    } = *arguments;
    match backend {
        BackendKind::Cpu => Ok(cpu()),
        BackendKind::Cuda => cuda().ok_or_else(|| {
            "this build cannot use CUDA: add --features cuda, and check NVIDIA's driver".into()
        }),
        BackendKind::Wgpu => match Adapter::find(gpu) {
            Some(adapter) => Ok(adapter.backend(engine)),
            None => {
                Err("no GPU was found through wgpu; check the driver, or use --backend cpu".into())
            }
        },
        BackendKind::Auto => {
            if let Some(found) = cuda() {
                return Ok(found);
            }
            // A GPU in software is slower than burn's own CPU backend.
            let adapter = Adapter::find(gpu).filter(|adapter| !adapter.is_software);
            Ok(match adapter {
                Some(adapter) => adapter.backend(engine),
                None => cpu(),
            })
        }
    }
}

fn cpu() -> (Backend, String) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    (Backend::Cpu, format!("the CPU ({threads} threads)"))
}

#[cfg(feature = "cuda")]
fn cuda() -> Option<(Backend, String)> {
    // Linux shows a loaded driver as a file; elsewhere there is no test without starting CUDA.
    let there = !cfg!(target_os = "linux") || std::path::Path::new("/dev/nvidiactl").exists();
    there.then(|| (Backend::Cuda, "CUDA".to_string()))
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Option<(Backend, String)> {
    None
}

struct Adapter {
    name: String,
    is_software: bool,
    gpu: Gpu,
}

impl Adapter {
    /// Starts a wgpu device; none where there is no adapter, which wgpu's runtime reports by a panic.
    fn find(number: Option<usize>) -> Option<Self> {
        let device = match number {
            Some(number) => WgpuDevice::DiscreteGpu(number),
            None => WgpuDevice::DefaultDevice,
        };
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let start = || init_setup::<AutoGraphicsApi>(&device, RuntimeOptions::default());
        let setup = catch_unwind(AssertUnwindSafe(start));
        std::panic::set_hook(hook);
        let setup = setup.ok()?;
        let info = setup.adapter.get_info();
        Some(Self {
            is_software: format!("{:?}", info.device_type) == "Cpu",
            name: format!("{} (wgpu, {:?})", info.name, info.backend),
            gpu: Gpu {
                burn: device,
                device: setup.device,
                queue: setup.queue,
                pipelines: Default::default(),
            },
        })
    }

    fn backend(self, engine: EngineKind) -> (Backend, String) {
        match engine {
            EngineKind::Fused => (
                Backend::Fused(self.gpu),
                format!("{}, fused kernels", self.name),
            ),
            EngineKind::Burn => (
                Backend::Wgpu(self.gpu.burn),
                format!("{}, burn's operators", self.name),
            ),
        }
    }
}
