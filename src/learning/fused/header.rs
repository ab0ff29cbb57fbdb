//! What a step's kernels are told beside the images: one struct, which the host fills in and the kernels read by the
//! places of its fields.
//!
//! It lies at the head of a step's records, before what is said of each image. A CubeCL launch struct would put scalars
//! into a buffer whose layout only CubeCL's own launches know; these kernels are launched by hand.

use bytemuck::{Pod, Zeroable};
use std::mem::offset_of;

/// All values are `f32`, so that a field's place is its offset in values.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Header {
    pub learning_rate: f32,
    pub weight_decay: f32,
    /// `1 − βᵗ` of AdamW's first moments, and of its second ones.
    pub first_correction: f32,
    pub second_correction: f32,
    pub average_decay: f32,
    pub label_smoothing: f32,
    /// The network reads `pixel · scale + offset`.
    pub scale: f32,
    pub offset: f32,
    /// 1 to normalise with the averaged statistics, 0 with the batch's.
    pub uses_running: f32,
    /// The weight with which the batch's statistics are added to the averaged ones.
    pub accumulates: f32,
    /// Of every batch normalisation.
    pub epsilon: f32,
    /// The weight of the averaged statistics themselves where a batch's are added.
    pub keeps: f32,
    /// 1 to follow the gradient with momentum alone, 0 for AdamW.
    pub plain: f32,
    /// The images' records begin at a multiple of 16 values.
    pub unused: [f32; 3],
}

/// How many values it is.
pub(super) const HEADER: usize = size_of::<Header>() / size_of::<f32>();

macro_rules! places {
    ($($place:ident = $field:ident),* $(,)?) => {
        $(pub(super) const $place: usize = offset_of!(Header, $field) / size_of::<f32>();)*
    };
}

places! {
    LEARNING_RATE = learning_rate,
    WEIGHT_DECAY = weight_decay,
    FIRST_CORRECTION = first_correction,
    SECOND_CORRECTION = second_correction,
    AVERAGE_DECAY = average_decay,
    LABEL_SMOOTHING = label_smoothing,
    SCALE = scale,
    OFFSET = offset,
    USES_RUNNING = uses_running,
    ACCUMULATES = accumulates,
    EPSILON = epsilon,
    KEEPS = keeps,
    PLAIN = plain,
}
