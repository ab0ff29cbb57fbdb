//! Networks that other programs saved: safetensors without this project's metadata, such as PyTorch's and tinygrad's.
//!
//! Such a file holds names and shapes but no architecture. The names give the layers and their order
//! (`import/modules.rs`, `import/order.rs`), gaps in their numbering where activations and pooling may stand
//! (`import/plan.rs`), and the first dense layer's size which strides, paddings and poolings fit (`import/search.rs`).
//! Which layers shortcuts go around names tell (`import/blocks.rs`), or numbers where a 1×1 convolution does not fit
//! (`import/unnamed.rs`). What weights cannot tell (activation, pixels, pooling, order of flattened maps;
//! `import/assumptions.rs`) comes from a JSON description beside the file (`import/sidecar.rs`), or is found by letting the
//! plausible answers read known digits (`import/trial.rs`). Every assumption is noted, and what cannot be run is said in
//! people's words.

mod assumptions;
mod blocks;
mod early;
mod modules;
mod names;
mod note;
mod order;
mod plan;
mod search;
mod sidecar;
mod trial;
mod unnamed;
mod weights;
mod wording;

pub use note::{Note, Value};
pub use trial::{Known, KnownDigits, Trial};

use crate::{
    model::{MAX_FILE_BYTES, Model, ModelError, plain},
    spec::{LayerSpec, MAX_CLASSES, MAX_LAYERS, MAX_NAME, NetworkSpec},
};
use assumptions::{Assumptions, candidates};
use blocks::{Addition, Block, Form, Widening};
use modules::{Entry, Module};
use names::is_of_applications;
use order::{Break, How};
use plan::{Between, NormPlace, Norms, Plan};
use safetensors::SafeTensors;
use search::{Found, TooMany};
use sidecar::{Fixed, FlattenOrder, Shortcuts, Sidecar};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;
use weights::Weights;
use wording::{arrangement_advice, listing, order_advice};

/// Arrangements that are looked for: to say how sure the first one is, and to try them out.
const ARRANGEMENTS: usize = 40;
/// An arrangement that costs so much more than another is taken for none that is meant.
const UNUSUAL: u32 = 4;
/// Lines of a report's section that are shown.
const MAX_LINES: usize = 40;

/// A network and what had to be assumed about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The network, its tensors under this project's names.
    pub model: Model,
    /// For people, a text each; none for a file with this project's metadata.
    pub notes: Vec<Note>,
    /// How well it reads known digits; none where it was not tried out.
    pub known: Option<Known>,
}

/// What a file came to: a network, or one that can be tried out.
pub enum Opened {
    /// Its file describes it, or there is nothing to try it on.
    Network(Box<Loaded>),
    /// Step until it is done, or until the person has waited enough.
    Trial(Box<Trial>),
}

/// Why a file is no network that can be run. Every message names the file.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Not a sound file, whoever wrote it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A well-known format that is not safetensors.
    #[error("{file}: is {format}, not safetensors. {advice}")]
    OtherFormat {
        /// The file.
        file: String,
        /// The format and who writes it.
        format: &'static str,
        /// How to get safetensors out of it, a sentence.
        advice: &'static str,
    },
    /// The JSON beside the file is not a description, or not one of this file.
    #[error("{file}: the description beside it cannot be used: {reason}. It may hold {keys}", keys = sidecar::KEYS)]
    Sidecar {
        /// The file with the weights.
        file: String,
        /// What is wrong with the description.
        reason: String,
    },
    /// Tensors of which no network can be made.
    #[error("{file}: {report}")]
    NotUnderstood {
        /// The file.
        file: String,
        /// What is known of it.
        report: Report,
    },
}

/// What was understood of a file, what was not, and what to do; a line each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Layers that were recognised, and how shapes go through them.
    pub understood: Vec<String>,
    /// What keeps them from being a network.
    pub problems: Vec<String>,
    /// What a person can do about it.
    pub advice: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this network cannot be run")?;
        for (title, lines) in [
            ("Understood", &self.understood),
            ("Not understood", &self.problems),
            ("What to do", &self.advice),
        ] {
            if lines.is_empty() {
                continue;
            }
            write!(f, "\n{title}:")?;
            for line in lines.iter().take(MAX_LINES) {
                write!(f, "\n  {}", plain(line))?;
            }
            if lines.len() > MAX_LINES {
                write!(f, "\n  and {} more", lines.len() - MAX_LINES)?;
            }
        }
        Ok(())
    }
}

/// Reads a network from a safetensors file's bytes, whoever wrote them; `sidecar` is the JSON description beside it.
///
/// A file with this project's metadata is read as [`Model::from_bytes`] reads it. In any other the layers come from names
/// and shapes, and their order and surroundings as the modules of this file say; of what stays open the most plausible is
/// assumed. Tensors are renamed to the layers' places (`0.weight`), missing biases are zeros.
///
/// # Errors
/// Where the file is damaged, of another format, or holds tensors that make no network that can be run, and where the
/// description does not fit it. The message says what was understood and what to do.
pub fn load(bytes: &[u8], file_name: &str, sidecar: Option<&str>) -> Result<Loaded, ImportError> {
    match open(bytes, file_name, sidecar, None)? {
        Opened::Network(loaded) => Ok(*loaded),
        Opened::Trial(_) => unreachable!("there are no digits to try it on"),
    }
}

/// As [`load`], but what stays open is tried out on known digits where the network is small enough for that.
///
/// # Errors
/// As [`load`].
pub fn open(
    bytes: &[u8],
    file_name: &str,
    sidecar: Option<&str>,
    known: Option<KnownDigits>,
) -> Result<Opened, ImportError> {
    let file = file_name.to_string();
    let size = bytes.len() as u64;
    if size > MAX_FILE_BYTES {
        return Err(ModelError::TooLarge { file, bytes: size }.into());
    }
    match Model::from_bytes(bytes, file_name) {
        Ok(model) => {
            let notes = sidecar.map(|_| Note::new("note-unused"));
            let notes = notes.into_iter().collect();
            return Ok(Opened::Network(Box::new(Loaded {
                model,
                notes,
                known: None,
            })));
        }
        Err(ModelError::NoSpec { .. }) => {}
        Err(error) => {
            if let (ModelError::Format { .. }, Some((format, advice))) =
                (&error, other_format(bytes))
            {
                return Err(ImportError::OtherFormat {
                    file,
                    format,
                    advice,
                });
            }
            return Err(error.into());
        }
    }
    let unusable = |reason: String| ImportError::Sidecar {
        file: file.clone(),
        reason: plain(&reason),
    };
    let sidecar = Sidecar::parse(sidecar).map_err(unusable)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| ModelError::Format {
        file: file.clone(),
        reason: error.to_string(),
    })?;
    let mut entries: Vec<Entry> = tensors
        .iter()
        .map(|(name, view)| Entry {
            name: name.to_string(),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            called: None,
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    call(&mut entries, &sidecar.names).map_err(unusable)?;
    let fault = |fault| match fault {
        Fault::Sidecar(reason) => unusable(reason),
        Fault::Report(report) => ImportError::NotUnderstood {
            file: file.clone(),
            report,
        },
    };
    let readings = readings(&entries, &sidecar).map_err(fault)?;
    let first = first(&readings, &sidecar, &file).map_err(fault)?;
    // However they are understood, the numbers are the same.
    let weights = Weights::read(&tensors, &readings[0].modules, &file)?;
    if let Some(known) = known
        && let Some(trial) = Trial::new(
            known,
            sidecar.clone(),
            file.clone(),
            readings.clone(),
            weights.clone(),
        )
    {
        return Ok(Opened::Trial(Box::new(trial)));
    }
    let (assumptions, architecture) = first;
    let understood = &readings[assumptions.reading];
    let (tensors, absent) = weights.arranged(&architecture, &understood.modules, &assumptions);
    let mut notes = understood.notes(&assumptions, &sidecar, &architecture.spec, false);
    notes.extend(absent_note(&absent));
    Ok(Opened::Network(Box::new(Loaded {
        model: Model::of(architecture.spec, tensors),
        notes,
        known: None,
    })))
}

/// Gives tensors the prefixes that a description has for them.
fn call(entries: &mut [Entry], names: &BTreeMap<String, String>) -> Result<(), String> {
    for (own, name) in names {
        let path = own.replace('/', ".");
        let without = names::without_containers(&path);
        let mut any = false;
        for entry in entries.iter_mut() {
            let place = names::place(&entry.name).map(|place| place.path);
            if place.is_some_and(|place| place == path || place == without) {
                entry.called = Some(name.replace('/', "."));
                any = true;
            }
        }
        if !any {
            return Err(format!("`names` has `{own}`, which the file does not"));
        }
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(format!("`names` calls `{own}` nothing, or too long a name"));
        }
    }
    Ok(())
}

fn absent_note(absent: &[String]) -> Option<Note> {
    let note = || Note::new("note-absent").with("names", listing(absent));
    (!absent.is_empty()).then(note)
}

/// Well-known formats that people try, by their first bytes, and how to get safetensors out of them.
fn other_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const CONVERT: &str = "In Python: from safetensors.torch import save_file; \
        save_file(model.state_dict(), \"network.safetensors\")";
    if bytes.starts_with(b"PK\x03\x04") {
        Some((
            "a zip archive, perhaps PyTorch's .pt or NumPy's .npz",
            CONVERT,
        ))
    } else if bytes.starts_with(&[0x80, 2]) {
        Some(("a Python pickle, perhaps PyTorch's old .pt", CONVERT))
    } else if bytes.starts_with(b"\x89HDF") {
        Some((
            "HDF5, perhaps Keras's .h5",
            "In Python: from safetensors.numpy import save_file; save_file({variable.path: variable.numpy() for variable in \
             model.variables}, \"network.safetensors\")",
        ))
    } else if bytes.starts_with(b"GGUF") {
        Some(("GGUF, a language model", "Networks here read digits"))
    } else {
        None
    }
}

/// A spec and where its layers came from.
struct Architecture {
    spec: NetworkSpec,
    /// For each of the spec's layers its module.
    sources: Vec<Option<usize>>,
    /// What convolutions without a module do.
    widening: Widening,
}

enum Fault {
    Sidecar(String),
    Report(Report),
}

/// One way to understand a file's names and shapes.
#[derive(Clone, Debug)]
struct Understood {
    /// Those that run one after the other, then those on ways around them.
    modules: Vec<Module>,
    /// How many run one after the other.
    main: usize,
    /// What shortcuts go around.
    blocks: Vec<Block>,
    /// Names tell that these blocks are residual.
    told: bool,
    /// No other place of their normalisations is possible.
    is_sure: bool,
    /// How their order was found.
    how: How,
    plan: Plan,
    fixed: Vec<Fixed>,
    /// Strides, paddings and poolings that fit, the plausible first; never empty.
    found: Vec<Found>,
}

impl Understood {
    /// Whether poolings are there of which nobody says whether they take the mean.
    fn has_open_pools(&self) -> bool {
        let choices = self.found.iter().flat_map(|found| &found.choices);
        let mut pools = choices.filter_map(|choice| choice.pool);
        pools.any(|pool| pool.mean.is_none())
    }

    /// Whether convolutions have strides and paddings that TensorFlow and JAX would place otherwise than PyTorch.
    fn has_open_edges(&self, arrangement: usize) -> bool {
        let choices = &self.found[arrangement].choices;
        let mut convs = self.plan.convs.iter().zip(choices);
        convs.any(|(conv, choice)| conv.is_of_tensorflow && choice.is_halving(conv.kernel_size))
    }

    /// Whether paddings are layers of their own in the file's program, and as PyTorch's.
    fn pads_itself(&self) -> bool {
        let mut modules = self.modules.iter();
        modules.any(|module| is_of_applications(&module.path))
    }

    fn has_square_kernels(&self) -> bool {
        let mut kernels = self.plan.convs.iter().map(|conv| conv.kernel_size);
        kernels.all(|[height, width]| height == width)
    }

    /// Whether the order in which maps become a row matters.
    fn flattens_maps(&self, arrangement: usize) -> bool {
        let channels = self.plan.convs.last().map(|conv| conv.out_channels);
        let global = self.found[arrangement].global_mean;
        match (self.plan.end, channels) {
            (search::End::Values(values), Some(channels)) => !global && values != channels,
            _ => false,
        }
    }

    /// The order that the file's program flattens in.
    fn flatten(&self) -> FlattenOrder {
        // Where kernels lie as in TensorFlow and JAX, so do maps.
        let is_hwc = |module: &Module| module.is_conv() && module.inputs_first;
        if self.modules.iter().any(is_hwc) {
            FlattenOrder::Hwc
        } else {
            FlattenOrder::Chw
        }
    }

    /// The network under these assumptions.
    fn architecture(
        &self,
        assumptions: &Assumptions,
        sidecar: &Sidecar,
        file: &str,
    ) -> Result<Architecture, String> {
        let between = Between {
            activation: assumptions.activation,
            mean_pool: assumptions.mean_pool,
            far_edges: assumptions.far_edges,
        };
        let found = &self.found[assumptions.arrangement];
        let (layers, sources): (Vec<LayerSpec>, Vec<Option<usize>>) = self
            .plan
            .layers(&self.modules, found, between)
            .into_iter()
            .unzip();
        let last = self.modules[..self.main].last();
        let outputs = last.map_or(0, Module::outputs);
        let digits = || (0..outputs).map(|class| class.to_string()).collect();
        let classes = sidecar.classes.clone().unwrap_or_else(digits);
        let own = || stem(file).chars().take(MAX_NAME).collect();
        let name = sidecar.name.clone().unwrap_or_else(own);
        let normalisation = assumptions.pixels.normalisation();
        let spec = NetworkSpec::with_classes(name, normalisation, layers, classes)
            .map_err(|error| error.to_string())?;
        Ok(Architecture {
            spec,
            sources,
            widening: self.plan.form.widening,
        })
    }

    /// What blocks without, or with a pooling before, weights around them may do.
    fn widenings(&self) -> Vec<Widening> {
        if self.blocks.iter().any(|block| block.is_widened) {
            Widening::ALL.to_vec()
        } else if self.blocks.iter().any(|block| block.has_room) {
            Widening::MEANS_FIRST.to_vec()
        } else {
            Widening::ALL[..1].to_vec()
        }
    }

    /// Whether smaller maps that go around blocks are means.
    fn takes_means(&self) -> bool {
        let mut blocks = self.blocks.iter();
        self.plan.form.widening.mean && blocks.any(|block| block.is_widened || block.has_room)
    }

    /// Leaves out arrangements in which means around a block would be of windows that are not whole.
    ///
    /// # Errors
    /// Where the plausible ones are all of that kind: a network with other means, or fewer strides, would be another one.
    fn keep_whole_means(&mut self) -> Result<(), Fault> {
        if !self.takes_means() {
            return Ok(());
        }
        let (plan, modules) = (&self.plan, &self.modules);
        let odd: Vec<Option<(usize, [usize; 2])>> = self
            .found
            .iter()
            .map(|found| plan.odd_mean(modules, found))
            .collect();
        let Some((place, [height, width])) = odd.iter().flatten().next() else {
            return Ok(());
        };
        let halving = || {
            let all = self.found.iter().zip(&odd);
            all.filter(|(found, _)| plan.halves_all(modules, found))
        };
        let least = halving().map(|(found, _)| found.cost).min();
        let whole = halving().filter(|(_, odd)| odd.is_none());
        let whole = whole.map(|(found, _)| found.cost).min();
        if whole.is_none_or(|whole| whole > least.unwrap_or(0) + UNUSUAL) {
            let name = modules[*place].name();
            return Err(Fault::Report(Report {
                understood: modules.iter().map(Module::words).collect(),
                problems: vec![format!(
                    "{name}: by its number behind a mean of 2×2 places (ResNet-D), here of maps of {height}×{width}; at the \
                     edge of maps of odd size such windows are not whole, which the means that run here are"
                )],
                advice: vec![
                    "What runs: shortcuts whose convolution has the stride itself, or fewer halvings, so that 28×28 pixels \
                     stay even: 28, 14, 7. If strides are fewer than assumed, say so in a JSON file beside the network: \
                     {\"stride\": …, \"pool\": …}"
                        .to_string(),
                ],
            }));
        }
        let mut odd = odd.iter();
        self.found
            .retain(|_| odd.next().is_some_and(Option::is_none));
        Ok(())
    }

    /// What goes around what; none where nothing does.
    fn shortcuts(&self) -> Option<Note> {
        let name = |place: usize| self.modules[place].name();
        let around = |block: &Block| {
            let mut operators = block.main.clone().filter(|i| !self.modules[*i].is_norm());
            let last = operators.next_back().unwrap_or(block.main.start);
            let ways = block.shortcut.clone().map(name);
            let note = match block.shortcut.is_empty() {
                true => Note::new("note-around"),
                false => Note::new("note-around-through").with("ways", Value::list(ways, " → ")),
            };
            note.with("first", name(block.main.start))
                .with("last", name(last))
        };
        let list: Vec<Note> = self.blocks.iter().map(around).collect();
        let means = self.takes_means().then_some("note-shortcut-mean");
        let forms = [self.plan.form.addition.key()].into_iter().chain(means);
        let note = || {
            Note::new("note-shortcuts")
                .with("addition", Value::list(forms.map(Note::new), ", "))
                .with("blocks", listing(&list))
        };
        (!list.is_empty()).then(note)
    }

    /// What was assumed, for people.
    fn notes(
        &self,
        assumptions: &Assumptions,
        sidecar: &Sidecar,
        spec: &NetworkSpec,
        was_tried: bool,
    ) -> Vec<Note> {
        let order = Note::new("note-order")
            .with("how", Note::new(self.how.key()))
            .with(
                "names",
                listing(&wording::names(&self.modules[..self.main])),
            );
        let mut notes = vec![order];
        notes.extend(self.shortcuts());
        notes.extend(wording::arrangement_notes(
            &self.modules[..self.main],
            &self.plan,
            &self.fixed,
            &self.found,
            assumptions.arrangement,
        ));
        notes.extend(wording::activation_notes(
            &self.modules,
            &self.plan,
            sidecar,
            was_tried,
        ));
        notes.extend(wording::assumption_notes(
            &self.modules,
            spec,
            sidecar,
            was_tried,
        ));
        notes
    }
}

/// The network that the most plausible assumptions make.
fn first(
    readings: &[Understood],
    sidecar: &Sidecar,
    file: &str,
) -> Result<(Assumptions, Architecture), Fault> {
    let mut why = None;
    for assumptions in candidates(readings, sidecar) {
        match readings[assumptions.reading].architecture(&assumptions, sidecar, file) {
            Ok(architecture) => return Ok((assumptions, architecture)),
            Err(reason) => why = why.or(Some(reason)),
        }
    }
    Err(Fault::Report(Report {
        problems: why.into_iter().collect(),
        ..Report::default()
    }))
}

/// Every way to understand a file's tensors, from their names and shapes alone; at least one.
fn readings(entries: &[Entry], sidecar: &Sidecar) -> Result<Vec<Understood>, Fault> {
    let (mut readings, mut faults) = (Vec::new(), Vec::new());
    let either_way = modules::modules(entries, false).either_way;
    for inputs_first in [false, true] {
        if inputs_first && !either_way {
            break;
        }
        let residual = with_shortcuts(entries, inputs_first, sidecar, &mut faults);
        let plain = without_shortcuts(entries, inputs_first, sidecar, &mut faults);
        if residual.iter().any(|understood| understood.told) {
            readings.extend(residual.into_iter().chain(plain));
        } else {
            let (mut plain, mut residual) = (plain.into_iter(), residual.into_iter());
            readings.extend(plain.next());
            // The two common ones, before normalisations stand in unusual places.
            readings.extend(residual.by_ref().take(2));
            readings.extend(plain.chain(residual));
        }
    }
    match faults.into_iter().next() {
        Some(fault) if readings.is_empty() => Err(fault),
        None if readings.is_empty() => Err(Fault::Sidecar(
            "`shortcuts` speaks of blocks, but no names tell such".to_string(),
        )),
        _ => Ok(readings),
    }
}

/// The ways without shortcuts.
fn without_shortcuts(
    entries: &[Entry],
    inputs_first: bool,
    sidecar: &Sidecar,
    faults: &mut Vec<Fault>,
) -> Vec<Understood> {
    if matches!(sidecar.shortcuts, Some(said) if said != Shortcuts::None) {
        return Vec::new();
    }
    let understand = |place, closing| {
        let norms = Norms { place, closing };
        understand(entries, inputs_first, norms, None, sidecar)
    };
    match understand(NormPlace::BeforeActivation, false) {
        Ok(first) => {
            let open = first.iter().any(|first| first.plan.open_norms);
            let others = [
                (NormPlace::BeforeActivation, true),
                (NormPlace::AfterActivation, true),
                (NormPlace::AfterActivation, false),
                (NormPlace::AfterPool, false),
                (NormPlace::AfterPool, true),
            ];
            let order = |one: &Understood| -> Vec<String> {
                one.modules
                    .iter()
                    .map(|module| module.path.clone())
                    .collect()
            };
            let usual: Option<Vec<String>> = first.as_ref().map(order);
            let others = others.into_iter().filter(|_| open);
            let others = others.filter_map(|(place, closing)| {
                let other = understand(place, closing).ok().flatten()?;
                (!closing || usual != Some(order(&other))).then_some(other)
            });
            first.into_iter().chain(others).collect()
        }
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    }
}

/// The ways with shortcuts; none where no names speak of them.
fn with_shortcuts(
    entries: &[Entry],
    inputs_first: bool,
    sidecar: &Sidecar,
    faults: &mut Vec<Fault>,
) -> Vec<Understood> {
    let additions: &[Addition] = match sidecar.shortcuts {
        None => &Addition::ALL,
        Some(Shortcuts::None) => &[],
        Some(Shortcuts::Before) => &[Addition::Before],
        Some(Shortcuts::After) => &[Addition::After],
        Some(Shortcuts::Bare) => &[Addition::Bare],
        Some(Shortcuts::Early) => &[Addition::Early, Addition::EarlyRaw, Addition::EarlyRest],
    };
    let mut readings: Vec<Understood> = Vec::new();
    let norms = Norms {
        place: NormPlace::BeforeActivation,
        closing: false,
    };
    for addition in additions {
        let form = Form {
            addition: *addition,
            widening: Widening::ALL[0],
        };
        match understand(entries, inputs_first, norms, Some(form), sidecar) {
            Ok(Some(understood)) => {
                let blocks = &understood.blocks;
                let mut has_way = blocks.iter().map(Block::has_way);
                let same_as_early = match addition {
                    // Without ways of their own it does not matter from where they would go.
                    Addition::EarlyRaw => !has_way.any(|has_way| has_way),
                    Addition::EarlyRest => {
                        has_way.next() == Some(true) && !has_way.any(|has_way| has_way)
                    }
                    _ => false,
                };
                if same_as_early {
                    continue;
                }
                for widening in understood.widenings() {
                    let mut other = understood.clone();
                    other.plan.form.widening = widening;
                    match other.keep_whole_means() {
                        Ok(()) => readings.push(other),
                        Err(fault) => {
                            faults.push(fault);
                            break;
                        }
                    }
                }
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if readings.iter().any(|understood| understood.is_sure) {
        readings.retain(|understood| understood.plan.form.addition.is_early());
    }
    readings
}

/// With shortcuts, if a form is given: then none where names do not speak of any.
fn understand(
    entries: &[Entry],
    inputs_first: bool,
    norms: Norms,
    form: Option<Form>,
    sidecar: &Sidecar,
) -> Result<Option<Understood>, Fault> {
    let modules::Modules {
        list: modules,
        problems,
        ..
    } = modules::modules(entries, inputs_first);
    let mut report = Report {
        understood: modules.iter().map(Module::words).collect(),
        problems,
        advice: Vec::new(),
    };
    if !report.problems.is_empty() {
        report.advice.push(
            "What runs here: 2D convolutions, linear layers, batch normalisation, max and mean pooling, ReLU and its \
             relatives, tanh and sigmoid, one after the other or with shortcuts around them. Train the network with these \
             alone, or leave out what is not part of it"
                .to_string(),
        );
        return Err(Fault::Report(report));
    }
    if modules.len() > MAX_LAYERS {
        report.problems.push(format!(
            "{} layers with weights; at most {MAX_LAYERS} can be run",
            modules.len()
        ));
        return Err(Fault::Report(report));
    }
    let is_early = form.is_some_and(|form| form.addition.is_early());
    let (modules, is_inferred) = match form {
        Some(_) if sidecar.order.is_none() => unnamed::named(modules, is_early),
        _ => (modules, false),
    };
    let (modules, around) = match form {
        Some(_) => blocks::split(modules),
        None => (modules, Vec::new()),
    };
    // A list may name shortcuts too; their place is told by their names.
    let is_main = |path: &&String| {
        let own = path.replace('/', ".");
        around.iter().all(|one| one.module.path != own)
    };
    let order = sidecar.order.as_ref();
    let order: Option<Vec<String>> =
        order.map(|order| order.iter().filter(is_main).cloned().collect());
    let mut is_sure = false;
    let (mut modules, how) = if is_early && order.is_none() {
        let Some(early) = early::ordered(modules, &around) else {
            return Ok(None);
        };
        is_sure = early.is_sure && !is_inferred;
        (early.modules, early.how)
    } else {
        order::ordered(modules, order.as_deref(), norms.closing).map_err(|problem| {
            if sidecar.order.is_some() {
                return Fault::Sidecar(problem);
            }
            report.problems.push(problem);
            report.advice.push(order_advice());
            Fault::Report(report.clone())
        })?
    };
    report.understood = modules.iter().map(Module::words).collect();
    let shortcuts = around.iter().map(|one| one.module.words());
    report.understood.extend(shortcuts);
    if let Some(found) = order::first_break(&modules) {
        report.problems.push(match found {
            Break::Grouped(sentence) => sentence,
            Break::Order(problem) => {
                format!(
                    "In the order of this list, which is {}, {problem}",
                    how.words()
                )
            }
        });
        report.advice.push(order_advice());
        report
            .advice
            .push(
                "Shortcuts are understood where names tell them, such as layer1.0.conv1, layer1.0.conv2 and \
                 layer1.0.shortcut.0; where layers are only numbered, a JSON file beside the network can call them so: \
                 {\"names\": {\"conv2d_1\": \"block1.conv1\", \"conv2d_2\": \"block1.conv2\", \"conv2d_3\": \
                 \"block1.shortcut\", \"batch_normalization_1\": \"block1.bn1\"}}. Other branches cannot be run"
                    .to_string(),
            );
        return Err(Fault::Report(report));
    }
    let (blocks, told, around) = blocks::find(&modules, around, is_early).map_err(|problem| {
        report.problems.push(problem);
        Fault::Report(report.clone())
    })?;
    let blocks = match form {
        Some(_) if blocks.is_empty() => return Ok(None),
        Some(_) => blocks,
        None => Vec::new(),
    };
    let form = form.unwrap_or(Form {
        addition: Addition::Before,
        widening: Widening::ALL[0],
    });
    let main = modules.len();
    let outputs = modules.last().map_or(0, Module::outputs);
    let plan = Plan::new(&modules, norms.place, &blocks, form);
    modules.extend(around);
    let Some(mut plan) = plan else {
        report
            .problems
            .push("Nothing to multiply with: no convolution and no linear layer".to_string());
        return Err(Fault::Report(report));
    };
    let kernels: Vec<[usize; 2]> = plan.convs.iter().map(|conv| conv.kernel_size).collect();
    let fixed = sidecar.fixed(&kernels).map_err(Fault::Sidecar)?;
    for (conv, fixed) in plan.convs.iter_mut().zip(&fixed) {
        conv.takes_over &= fixed.stride.is_none();
        conv.is_of_tensorflow &= !fixed.is_padded_alike;
    }
    let found = match search::search_with_means(&plan.convs, &fixed, plan.end, ARRANGEMENTS) {
        Ok(found) => found,
        Err(TooMany) => {
            report.problems.push(
                "So many strides, paddings and poolings are possible that not all could be tried"
                    .into(),
            );
            report.advice.push(arrangement_advice(plan.convs.len()));
            return Err(Fault::Report(report));
        }
    };
    if found.is_empty() {
        wording::explain_misfit(&mut report, &modules, &plan, &fixed);
        return Err(Fault::Report(report));
    }
    if !(2..=MAX_CLASSES).contains(&outputs) {
        report.problems.push(format!(
            "It ends in {outputs} outputs; a network that tells classes apart has 2 to {MAX_CLASSES}"
        ));
        return Err(Fault::Report(report));
    }
    if let Some(classes) = sidecar.classes.as_ref().map(Vec::len)
        && classes != outputs
    {
        return Err(Fault::Sidecar(format!(
            "`classes` lists {classes} names, the network has {outputs} outputs"
        )));
    }
    Ok(Some(Understood {
        modules,
        main,
        blocks,
        told,
        is_sure,
        how,
        plan,
        fixed,
        found,
    }))
}

/// A file's name without its folder and its ending.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let name = if stem.is_empty() { "network" } else { stem };
    name.to_string()
}
