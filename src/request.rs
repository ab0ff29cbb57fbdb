//! What a part wants of another that lies beside it: a picture that was brought wants to be on the pad, say.
//! [`crate::actions`] carries it out, as it does what people want.

use bevy::prelude::*;

/// This is to be done.
#[derive(Message, Clone, Debug)]
pub struct Request<T: Send + Sync + 'static>(pub T);
