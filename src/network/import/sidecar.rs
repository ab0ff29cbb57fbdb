//! The optional description beside an imported file: JSON that says what weights cannot.

use crate::spec::{Activation, Normalisation};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// PyTorch's and Flax's default slope of leaky ReLU.
pub(super) const PYTORCH_SLOPE: f32 = 0.01;

/// Mean and standard deviation of MNIST's training pixels, as PyTorch's examples round them.
pub(super) const MNIST: MeanStd = MeanStd {
    mean: 0.1307,
    std: 0.3081,
};

/// The keys, for messages.
pub(super) const KEYS: &str = "\"activation\": \"relu\", \"silu\", \"gelu\", \"tanh\", \"sigmoid\", \"leaky_relu\" or \"none\"; \
     \"normalisation\": {\"mean\": …, \"std\": …}; \
     \"padding\" and \"stride\": a number or one per convolution (padding also \"same\"); \"pool\": \"none\", \"2x2\", \
     \"3x3/2\" (window/stride), \"3x3/2/1\" (and padding), \"2x2 mean\" or one per convolution; \"flatten\": \"chw\" or \"hwc\"; \"transposed\": true \
     for pictures that lie on their side; \"shortcuts\": added \"before\" the activation, \"after\" it, \"bare\" without one, \
     \"early\" in blocks that begin with normalisation and activation, or \"none\"; \"order\": the prefixes first to last; \"names\": other prefixes \
     for some of them, {\"conv2d_5\": \"block2.shortcut\"}; \"classes\": a list of \
     names; \"name\"";

/// A pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    /// `[height, width]`.
    pub kernel_size: [usize; 2],
    /// `[vertical, horizontal]`.
    pub stride: [usize; 2],
    /// `[vertical, horizontal]`; none with a mean.
    pub padding: [usize; 2],
    /// Whether the mean is taken and not the maximum; none where nobody says.
    pub mean: Option<bool>,
}

impl Pool {
    /// Of the mean or of the maximum.
    pub fn either(kernel_size: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            kernel_size,
            stride,
            padding: [0, 0],
            mean: None,
        }
    }

    /// Of the maximum.
    #[cfg(test)]
    pub fn max(kernel_size: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            mean: Some(false),
            ..Self::either(kernel_size, stride)
        }
    }
}

/// How maps become one row of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FlattenOrder {
    /// Map by map: PyTorch, tinygrad, burn.
    Chw,
    /// Place by place: Keras, Flax.
    Hwc,
}

/// What a person says about the network; all of it optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sidecar {
    pub name: Option<String>,
    pub activation: Option<ActivationName>,
    #[serde(alias = "normalization")]
    pub normalisation: Option<MeanStd>,
    pub classes: Option<Vec<String>>,
    pub order: Option<Vec<String>>,
    pub names: BTreeMap<String, String>,
    pub flatten: Option<FlattenOrder>,
    pub transposed: Option<bool>,
    pub shortcuts: Option<Shortcuts>,
    pool: Option<Value>,
    padding: Option<Value>,
    stride: Option<Value>,
}

/// Whether there are residual blocks, and where their shortcuts are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Shortcuts {
    None,
    Before,
    After,
    Bare,
    /// Blocks begin with a normalisation and an activation.
    Early,
}

/// The activations that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ActivationName {
    #[serde(alias = "ReLU")]
    Relu,
    #[serde(alias = "SiLU", alias = "swish")]
    Silu,
    #[serde(alias = "GELU")]
    Gelu,
    #[serde(alias = "Tanh")]
    Tanh,
    #[serde(alias = "Sigmoid")]
    Sigmoid,
    #[serde(rename = "leaky_relu", alias = "leakyrelu", alias = "LeakyReLU")]
    LeakyRelu,
    None,
}

impl From<ActivationName> for Activation {
    fn from(name: ActivationName) -> Self {
        match name {
            ActivationName::Relu => Self::Relu,
            ActivationName::Silu => Self::Silu,
            ActivationName::Gelu => Self::Gelu,
            ActivationName::Tanh => Self::Tanh,
            ActivationName::Sigmoid => Self::Sigmoid,
            ActivationName::LeakyRelu => Self::LeakyRelu(PYTORCH_SLOPE),
            ActivationName::None => Self::None,
        }
    }
}

/// `(pixel − mean) / std`, as PyTorch's transforms write it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeanStd {
    pub mean: f64,
    pub std: f64,
}

impl From<MeanStd> for Normalisation {
    fn from(values: MeanStd) -> Self {
        Self {
            scale: (1.0 / values.std) as f32,
            // Not `-mean / std`, which is −0 for a mean of 0.
            offset: (0.0 - values.mean / values.std) as f32,
        }
    }
}

/// What is said about one convolution; what is not is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Fixed {
    pub padding: Option<[usize; 2]>,
    /// That padding is a number and not "same", which programs do not mean alike.
    pub is_padded_alike: bool,
    pub stride: Option<[usize; 2]>,
    /// `Some(None)`: no pooling.
    pub pool: Option<Option<Pool>>,
}

impl Sidecar {
    /// Reads the JSON; without any, nothing is said.
    pub fn parse(json: Option<&str>) -> Result<Self, String> {
        let Some(json) = json else {
            return Ok(Self::default());
        };
        let sidecar: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if let Some(MeanStd { mean, std }) = sidecar.normalisation {
            // Also what f32 cannot hold.
            let Normalisation { scale, offset } = MeanStd { mean, std }.into();
            if !(std > 0.0 && scale.is_finite() && offset.is_finite()) {
                return Err(format!(
                    "`normalisation` has mean {mean} and std {std}; std has to be above 0"
                ));
            }
        }
        Ok(sidecar)
    }

    /// What is said about each convolution, whose kernel sizes these are, in order.
    pub fn fixed(&self, kernels: &[[usize; 2]]) -> Result<Vec<Fixed>, String> {
        let mut fixed = vec![Fixed::default(); kernels.len()];
        if let Some(value) = &self.padding {
            let items = per_conv(value, "padding", kernels.len())?;
            for ((fixed, kernel), item) in fixed.iter_mut().zip(kernels).zip(items) {
                let same = item.as_str() == Some("same");
                let half = kernel.map(|size| (size - 1) / 2);
                let padding = if same { Some(half) } else { pair(item, 0) };
                fixed.is_padded_alike = !same;
                fixed.padding = Some(padding.ok_or_else(|| {
                    format!("`padding` holds {item}, expected a number from 0 to 64 or \"same\"")
                })?);
            }
        }
        if let Some(value) = &self.stride {
            let items = per_conv(value, "stride", kernels.len())?;
            for (fixed, item) in fixed.iter_mut().zip(items) {
                let stride = pair(item, 1);
                fixed.stride = Some(stride.ok_or_else(|| {
                    format!("`stride` holds {item}, expected a number from 1 to 64")
                })?);
            }
        }
        if let Some(value) = &self.pool {
            let items = per_conv(value, "pool", kernels.len())?;
            for (fixed, item) in fixed.iter_mut().zip(items) {
                fixed.pool = Some(window(item).ok_or_else(|| {
                    format!(
                        "`pool` holds {item}, expected \"none\", \"2x2\", \"3x3/2\" (window/stride) or \"2x2 mean\""
                    )
                })?);
            }
        }
        Ok(fixed)
    }
}

/// One value for each convolution: a list's, or the same for all.
fn per_conv<'a>(value: &'a Value, key: &str, convs: usize) -> Result<Vec<&'a Value>, String> {
    match value {
        Value::Array(items) if items.len() == convs => Ok(items.iter().collect()),
        Value::Array(items) => Err(format!(
            "`{key}` lists {}, the file has {convs} convolutions",
            items.len()
        )),
        single => Ok(vec![single; convs]),
    }
}

/// A number for both directions, or `[vertical, horizontal]`.
fn pair(value: &Value, least: u64) -> Option<[usize; 2]> {
    let one = |value: &Value| {
        let number = value.as_u64()?;
        (least..=64).contains(&number).then_some(number as usize)
    };
    match value {
        Value::Array(items) => match &items[..] {
            [y, x] => Some([one(y)?, one(x)?]),
            _ => None,
        },
        single => one(single).map(|number| [number; 2]),
    }
}

/// `none`, `2x2`, `2`, `3x3/2`, `3x3/2/1`, each also with `mean` or `max` behind it.
fn window(value: &Value) -> Option<Option<Pool>> {
    let text = match value {
        Value::Null => return Some(None),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.to_ascii_lowercase().replace('×', "x"),
        _ => return None,
    };
    if text == "none" {
        return Some(None);
    }
    let (text, mean) = match text.split_once(' ') {
        Some((text, "mean" | "avg" | "average")) => (text.to_string(), Some(true)),
        Some((text, "max")) => (text.to_string(), Some(false)),
        Some(_) => return None,
        None => (text, None),
    };
    let sizes = |text: &str| {
        let one = |text: &str| {
            let number = text.trim().parse::<usize>().ok()?;
            (1..=28).contains(&number).then_some(number)
        };
        Some(match text.split_once('x') {
            Some((y, x)) => [one(y)?, one(x)?],
            None => [one(text)?; 2],
        })
    };
    let (kernel_size, stride) = match text.split_once('/') {
        Some((size, stride)) => (size.to_string(), stride.to_string()),
        None => (text.clone(), text),
    };
    let (stride, padding) = match stride.split_once('/') {
        Some((_, _)) if mean == Some(true) => return None,
        Some((stride, padding)) => (sizes(stride)?, sizes(padding)?),
        None => (sizes(&stride)?, [0, 0]),
    };
    Some(Some(Pool {
        kernel_size: sizes(&kernel_size)?,
        stride,
        padding,
        mean: if padding == [0, 0] { mean } else { Some(false) },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(json: &str, convs: usize) -> Result<Vec<Fixed>, String> {
        Sidecar::parse(Some(json))?.fixed(&vec![[5, 3]; convs])
    }

    #[test]
    fn one_value_holds_for_every_convolution_and_a_list_for_each() {
        let json = r#"{"padding": "same", "stride": [1, [2, 1]], "pool": ["none", "3x3/2"]}"#;
        let found = fixed(json, 2).unwrap();
        assert_eq!(found[0].padding, Some([2, 1]));
        assert_eq!(found[1].padding, Some([2, 1]));
        assert_eq!(found[0].stride, Some([1, 1]));
        assert_eq!(found[1].stride, Some([2, 1]));
        assert_eq!(found[0].pool, Some(None));
        assert_eq!(found[1].pool, Some(Some(Pool::either([3, 3], [2, 2]))));
        assert_eq!(fixed("{}", 1).unwrap(), [Fixed::default()]);
        let found = fixed(r#"{"pool": "3x3/2/1"}"#, 1).unwrap();
        let padded = Pool {
            padding: [1, 1],
            ..Pool::max([3, 3], [2, 2])
        };
        assert_eq!(found[0].pool, Some(Some(padded)));
        assert!(fixed(r#"{"pool": "3x3/2/1 mean"}"#, 1).is_err());
    }

    #[test]
    fn every_fault_names_its_key() {
        for (json, said) in [
            (r#"{"paddings": 1}"#, "paddings"),
            (r#"{"activation": "maxout"}"#, "maxout"),
            (r#"{"pool": ["2x2"]}"#, "2 convolutions"),
            (r#"{"pool": "average"}"#, "2x2 mean"),
            (r#"{"stride": 0}"#, "`stride`"),
            (r#"{"padding": -1}"#, "`padding`"),
            (r#"{"normalisation": {"mean": 0.1, "std": 0}}"#, "std"),
            (r#"{"normalisation": {"mean": 0.1, "std": 1e-300}}"#, "std"),
            (r#"{"name""#, "EOF"),
        ] {
            let error = fixed(json, 2).unwrap_err();
            assert!(error.contains(said), "{json}: {error}");
        }
    }
}
