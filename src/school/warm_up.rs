//! Compiles what a lesson needs while the visitor still reads: no frame shall wait for two dozen kernels. Natively a task
//! does it; a page, which has one thread, makes one kernel a frame.

use super::{LessonPlan, School};
#[cfg(not(target_arch = "wasm32"))]
use crate::inference::tuning;
use crate::{gpu::SharedGpu, rest::NextFrame};
use bevy::prelude::*;
#[cfg(not(target_arch = "wasm32"))]
use bevy::tasks::{AsyncComputeTaskPool, Task, futures_lite::future};
#[cfg(not(target_arch = "wasm32"))]
use mnistify_learning::initial::initial_model;
use mnistify_learning::{
    Lesson,
    fused::{Kernels, Wanted},
};
use mnistify_network::NetworkSpec;
#[cfg(not(target_arch = "wasm32"))]
use mnistify_network::fused::FusedNetwork;
use std::collections::VecDeque;

/// The kernels of lessons, made before they begin.
#[derive(Resource, Default)]
pub(super) struct WarmUp {
    pub kernels: Kernels,
    /// For which networks and batch the newest are.
    of: Option<Needs>,
    waiting: VecDeque<Wanted>,
    #[cfg(not(target_arch = "wasm32"))]
    task: Option<Task<()>>,
}

/// What of a plan decides its kernels: neurons, maps, whether ReLU, images a step; and whether the CNN learns too.
type Needs = (usize, usize, bool, usize, bool);

fn needs(plan: &LessonPlan, with_cnn: bool) -> Needs {
    let batch = plan.settings.batch;
    (plan.hidden, plan.channels, plan.relu, batch, with_cnn)
}

/// The networks that learn.
pub(super) fn learning(plan: &LessonPlan, with_cnn: bool) -> Vec<NetworkSpec> {
    let all = plan.networks().into_iter();
    all.filter(|spec| with_cnn || !spec.name().contains("CNN"))
        .collect()
}

impl WarmUp {
    /// Whether a lesson of this plan can begin at once.
    pub fn is_ready(&self, plan: &LessonPlan, with_cnn: bool) -> bool {
        self.of == Some(needs(plan, with_cnn)) && self.waiting.is_empty() && !self.is_under_way()
    }

    fn is_under_way(&self) -> bool {
        #[cfg(not(target_arch = "wasm32"))]
        return self.task.is_some();
        #[cfg(target_arch = "wasm32")]
        false
    }

    /// What this plan needs and is not made yet.
    fn want(&mut self, plan: &LessonPlan, with_cnn: bool) {
        self.of = Some(needs(plan, with_cnn));
        self.waiting.clear();
        for spec in learning(plan, with_cnn) {
            // Whoever begins the lesson tells what is wrong.
            let wanted = Lesson::wanted(&spec, &plan.settings, &self.kernels);
            for kernel in wanted.unwrap_or_default() {
                if !self.waiting.contains(&kernel) {
                    self.waiting.push_back(kernel);
                }
            }
        }
    }
}

/// While the school is open.
pub(super) fn warm_up(
    mut warm: ResMut<WarmUp>,
    school: Res<School>,
    gpu: Option<Res<SharedGpu>>,
    next: Res<NextFrame>,
) {
    let Some(gpu) = gpu.filter(|_| school.is_open && !school.on_cpu) else {
        return;
    };
    let Some(device) = &gpu.burn else {
        return;
    };
    let warm = &mut *warm;
    #[cfg(not(target_arch = "wasm32"))]
    if warm.task.as_ref().is_some_and(Task::is_finished) {
        warm.task = None;
        next.ask();
    }
    let with_cnn = school.teaches_cnn(&gpu);
    if warm.of != Some(needs(&school.plan, with_cnn)) {
        warm.want(&school.plan, with_cnn);
    }
    if warm.waiting.is_empty() || warm.is_under_way() {
        return;
    }
    next.ask();
    #[cfg(not(target_arch = "wasm32"))]
    {
        let (kernels, device) = (warm.kernels.clone(), device.clone());
        let waiting = std::mem::take(&mut warm.waiting);
        let (specs, tuning) = (learning(&school.plan, with_cnn), tuning(&gpu));
        warm.task = Some(AsyncComputeTaskPool::get().spawn(async move {
            // What they read with, where no network before had the same.
            for spec in specs {
                FusedNetwork::compile(&initial_model(&spec, 0), &device, tuning);
                future::yield_now().await;
            }
            for kernel in waiting {
                kernels.make(kernel, &device);
                // Here it ends where nobody wants it any more.
                future::yield_now().await;
            }
        }));
    }
    #[cfg(target_arch = "wasm32")]
    if let Some(kernel) = warm.waiting.pop_front() {
        warm.kernels.make(kernel, device);
    }
}
