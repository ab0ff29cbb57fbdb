//! Mnistify: draw a digit and watch two neural networks read it live.
//!
//! This file is the map. The app's parts lie in layers, and a part uses only those of lower layers
//! (`tests/layers.rs` holds them to it):
//!
//! layer 0: access, challenge, composition, notice, request, rest, screen_reader, tour, why, words
//! layer 1: pad, platform
//! layer 2: gpu
//! layer 3: inference
//! layer 4: own_network, view
//! layer 5: attribution, inspector, school
//! layer 6: alike, link
//! layer 7: actions
//! layer 8: bench, gallery, guide, recovery
//! layer 9: exhibit
//! layer 10: panels
//! layer 11: gamepad, snapshot
//! layer 12: commands, page
//!
//! A network is an entity ([`inference::Network`]); each part hangs its own component on it. While the
//! app runs, an [`actions::Action`] is the only thing that changes its state, but for measurements ([`mod@bench`]). One
//! frame goes through [`AppSystems`] in order:
//!
//! 1. `Input`: egui's pass ([`panels`]) turns pointer, touch and keys into actions, which are carried out; the pad's
//!    strokes become a 28×28 image.
//! 2. `Infer`: every shown network reads it ([`inference`]) on Bevy's own GPU device ([`gpu`]); logits of earlier frames
//!    arrive.
//! 3. `Present`: the plates' cells move towards the new values on the GPU, the camera moves ([`view`]), and the
//!    pad's strokes become meshes.

pub mod access;
pub mod actions;
pub mod alike;
pub mod attribution;
pub mod bench;
pub mod challenge;
#[cfg(not(target_arch = "wasm32"))]
pub mod commands;
pub mod composition;
pub mod exhibit;
pub mod gallery;
#[cfg(not(target_arch = "wasm32"))]
pub mod gamepad;
pub mod gpu;
pub mod guide;
pub mod inference;
pub mod inspector;
pub mod link;
pub mod notice;
pub mod own_network;
pub mod pad;
#[cfg(target_arch = "wasm32")]
mod page;
pub mod panels;
pub mod platform;
pub mod recovery;
pub mod request;
pub mod rest;
pub mod school;
#[cfg(not(target_arch = "wasm32"))]
pub mod screen_reader;
pub mod snapshot;
pub mod tour;
pub mod view;
pub mod why;
pub mod words;

use bevy::{
    asset::AssetMetaCheck,
    prelude::*,
    render::{
        RenderPlugin,
        settings::{RenderCreation, WgpuSettings},
    },
    window::PresentMode,
};
use bevy_egui::{EguiGlobalSettings, EguiPlugin, EguiPostUpdateSet};
use bevy_prototype_lyon::prelude::ShapePlugin;
use mnistify_network::Model;
#[cfg(not(target_arch = "wasm32"))]
use mnistify_network::ModelError;

/// The order of a frame, in `PostUpdate`.
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
pub enum AppSystems {
    /// What a person does becomes actions, and these an image.
    Input,
    /// The networks read the image.
    Infer,
    /// What is to be seen is brought up to date.
    Present,
}

/// Where the app draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Surface {
    /// A window of the desktop.
    Window {
        /// In physical pixels.
        width: u32,
        /// In physical pixels.
        height: u32,
    },
    /// The page's canvas, named by a CSS selector, as large as the element around it.
    Canvas {
        /// Such as `#canvas`.
        selector: String,
    },
    /// An image without any window, for screenshots and measurements.
    Image {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

/// The whole app, ready to run, with these networks.
pub fn app(surface: &Surface, models: Vec<Model>) -> App {
    let mut app = App::new();
    let window = match surface {
        Surface::Window { width, height } => Some(Window {
            title: "Mnistify".into(),
            resolution: (*width, *height).into(),
            present_mode: PresentMode::AutoVsync,
            ..default()
        }),
        Surface::Canvas { selector } => Some(Window {
            title: "Mnistify".into(),
            canvas: Some(selector.clone()),
            fit_canvas_to_parent: true,
            prevent_default_event_handling: true,
            present_mode: PresentMode::AutoVsync,
            ..default()
        }),
        Surface::Image { .. } => None,
    };
    let mut plugins = DefaultPlugins
        .set(WindowPlugin {
            primary_window: window,
            exit_condition: match surface {
                Surface::Window { .. } | Surface::Canvas { .. } => {
                    // A second window alone is no app.
                    bevy::window::ExitCondition::OnPrimaryClosed
                }
                Surface::Image { .. } => bevy::window::ExitCondition::DontExit,
            },
            ..default()
        })
        .set(AssetPlugin {
            meta_check: AssetMetaCheck::Never,
            ..default()
        })
        .set(RenderPlugin {
            render_creation: RenderCreation::Automatic(Box::<WgpuSettings>::default()),
            // A picture without a window must not miss what is still compiling.
            synchronous_pipeline_compilation: matches!(surface, Surface::Image { .. }),
            ..default()
        })
        .build();
    if matches!(surface, Surface::Image { .. }) {
        plugins = plugins.disable::<bevy::winit::WinitPlugin>();
    }
    app.add_plugins((
        plugins,
        EguiPlugin::default(),
        ShapePlugin,
        gpu::SharedGpuPlugin,
    ))
    .insert_resource(ClearColor(view::cameras::EDGE))
    .insert_resource(EguiGlobalSettings {
        auto_create_primary_context: false,
        ..default()
    })
    .insert_resource(inference::StartModels(models))
    .insert_resource(view::DrawSurface::from(surface))
    .configure_sets(
        PostUpdate,
        (AppSystems::Input, AppSystems::Infer, AppSystems::Present)
            .chain()
            .after(EguiPostUpdateSet::EndPass)
            .before(bevy::transform::TransformSystems::Propagate)
            .before(bevy::camera::CameraUpdateSystems)
            .before(bevy::camera::visibility::VisibilitySystems::UpdateFrusta),
    )
    .add_plugins((
        access::plugin,
        notice::plugin,
        rest::plugin,
        pad::plugin,
        inference::plugin,
        own_network::plugin,
        view::plugin,
        (inspector::plugin, attribution::plugin),
        (school::plugin, alike::plugin),
        actions::plugin,
        // A tuple holds fifteen.
        (guide::plugin, gallery::plugin),
        panels::plugin,
        bench::plugin,
        recovery::plugin,
        snapshot::plugin,
    ));
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins((gamepad::plugin, screen_reader::plugin));
    app
}

/// The two networks that come with the app. The page fetches them instead.
///
/// # Errors
/// Where a file is no model, which a test excludes; the message names it.
#[cfg(not(target_arch = "wasm32"))]
pub fn shipped_models() -> Result<Vec<Model>, ModelError> {
    let files: [(&str, &[u8]); 2] = [
        (
            "models/mlp.safetensors",
            include_bytes!("../models/mlp.safetensors"),
        ),
        (
            "models/cnn.safetensors",
            include_bytes!("../models/cnn.safetensors"),
        ),
    ];
    files
        .iter()
        .map(|(name, bytes)| Model::from_bytes(bytes, name))
        .collect()
}
