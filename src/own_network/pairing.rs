//! Which offered files belong together: weights and their description may come at once, in either order, or one by one.

use crate::words::{say, say_with};
use std::mem;

/// A file that was dropped or chosen. `T` is its path, or its bytes in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered<T> {
    /// Without its folder.
    pub name: String,
    /// Where it lies, or what is in it.
    pub content: T,
}

/// What follows from offered files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// These weights are to be read with this description.
    Read {
        /// Whatever is no description.
        weights: Offered<T>,
        /// What says how the weights belong together; weights may do without.
        description: Option<Offered<T>>,
    },
    /// A description came without weights and is kept for them; what the person should know.
    Wait(String),
    /// What is wrong with the choice.
    Refuse(String),
}

/// Remembers one file of each kind, so that the other may follow.
#[derive(Clone, Debug)]
pub struct Pairing<T> {
    /// The newest weights, whether they could be read or not: a description that comes later is for them.
    weights: Option<Offered<T>>,
    /// A description without weights yet.
    waiting: Option<Offered<T>>,
}

impl<T> Default for Pairing<T> {
    fn default() -> Self {
        Self {
            weights: None,
            waiting: None,
        }
    }
}

impl<T: Clone> Pairing<T> {
    /// Takes in files that came together.
    pub fn offer(&mut self, files: Vec<Offered<T>>) -> Outcome<T> {
        let is_description = |file: &Offered<T>| is_description(&file.name);
        // Whatever is no description is tried as weights: the reader knows what other formats look like.
        let (descriptions, mut weights): (Vec<_>, Vec<_>) =
            files.into_iter().partition(is_description);
        if weights.len() > 1 {
            return Outcome::Refuse(say_with(
                "own-many-networks",
                &[
                    ("count", weights.len().into()),
                    ("files", names(&weights).into()),
                ],
            ));
        }
        let fresh = weights.pop();
        let weights = fresh.clone().or_else(|| self.weights.clone());
        let description = match chosen(descriptions, weights.as_ref()) {
            Ok(description) => description,
            Err(reason) => return Outcome::Refuse(reason),
        };
        match (weights, description) {
            (Some(weights), description) => {
                let earlier = mem::take(&mut self.waiting);
                self.weights = Some(weights.clone());
                Outcome::Read {
                    weights,
                    description: description.or(earlier.filter(|_| fresh.is_some())),
                }
            }
            (None, Some(description)) => {
                let told = say_with("own-waiting", &[("file", description.name.as_str().into())]);
                self.waiting = Some(description);
                Outcome::Wait(told)
            }
            (None, None) => Outcome::Refuse(say("own-no-file")),
        }
    }

    /// These weights are read already; a description that comes next is theirs.
    pub fn remember(&mut self, weights: Offered<T>) {
        self.weights = Some(weights);
    }

    /// What comes next belongs to nothing that came before.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The description among several that goes with `weights`: the one of the same name.
fn chosen<T>(
    mut descriptions: Vec<Offered<T>>,
    weights: Option<&Offered<T>>,
) -> Result<Option<Offered<T>>, String> {
    if descriptions.len() < 2 {
        return Ok(descriptions.pop());
    }
    let fits =
        |file: &Offered<T>| weights.is_some_and(|weights| stem(&weights.name) == stem(&file.name));
    match descriptions.iter().position(fits) {
        Some(place) => Ok(Some(descriptions.swap_remove(place))),
        None => Err(say_with(
            "own-many-descriptions",
            &[("files", names(&descriptions).into())],
        )),
    }
}

/// Whether this is the name of a description.
fn is_description(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".json")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn names<T>(files: &[Offered<T>]) -> String {
    const SHOWN: usize = 6;
    let names = files.iter().take(SHOWN).map(|file| file.name.as_str());
    let mut text = names.collect::<Vec<_>>().join(", ");
    if files.len() > SHOWN {
        let more = [("count", (files.len() - SHOWN).into())];
        text = format!("{text} {}", say_with("own-more-files", &more));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(pairing: &mut Pairing<()>, names: &[&str]) -> Outcome<()> {
        let file = |name: &&str| Offered {
            name: (*name).to_string(),
            content: (),
        };
        pairing.offer(names.iter().map(file).collect())
    }

    /// The names of what is to be read.
    fn read(pairing: &mut Pairing<()>, names: &[&str]) -> (String, Option<String>) {
        match offer(pairing, names) {
            Outcome::Read {
                weights,
                description,
            } => (weights.name, description.map(|file| file.name)),
            other => panic!("{names:?}: {other:?}"),
        }
    }

    fn pair(weights: &str, description: &str) -> (String, Option<String>) {
        (weights.into(), Some(description.into()))
    }

    #[test]
    fn a_description_also_finds_weights_that_were_given_otherwise() {
        let mut pairing = Pairing::default();
        pairing.remember(Offered {
            name: "a.safetensors".to_string(),
            content: (),
        });
        match offer(&mut pairing, &["a.json"]) {
            Outcome::Read {
                weights,
                description,
            } => {
                assert_eq!(weights.name, "a.safetensors");
                assert_eq!(description.map(|file| file.name).as_deref(), Some("a.json"));
            }
            Outcome::Wait(_) | Outcome::Refuse(_) => panic!("both are there"),
        }
    }

    #[test]
    fn both_may_come_at_once_in_any_order() {
        for names in [["a.safetensors", "b.json"], ["b.JSON", "a.safetensors"]] {
            let found = read(&mut Pairing::default(), &names);
            assert_eq!(found.0, "a.safetensors");
            assert_eq!(found.1.unwrap().to_lowercase(), "b.json");
        }
        let three = ["other.json", "net.json", "net.safetensors"];
        let found = read(&mut Pairing::default(), &three);
        assert_eq!(found, pair("net.safetensors", "net.json"));
    }

    #[test]
    fn a_description_may_follow_or_come_first() {
        let mut pairing = Pairing::default();
        let alone = read(&mut pairing, &["a.safetensors"]);
        assert_eq!(alone, ("a.safetensors".into(), None));
        let found = read(&mut pairing, &["a.json"]);
        assert_eq!(found, pair("a.safetensors", "a.json"));
        // It was for that network, not for the next.
        let next = read(&mut pairing, &["b.safetensors"]);
        assert_eq!(next, ("b.safetensors".into(), None));
        pairing.forget();
        assert!(matches!(
            offer(&mut pairing, &["c.json"]),
            Outcome::Wait(told) if told.contains("c.json")
        ));
        let found = read(&mut pairing, &["c.safetensors"]);
        assert_eq!(found, pair("c.safetensors", "c.json"));
    }

    #[test]
    fn a_newer_description_takes_the_place_of_one_that_waits() {
        let mut pairing = Pairing::default();
        offer(&mut pairing, &["old.json"]);
        let found = read(&mut pairing, &["new.json", "a.safetensors"]);
        assert_eq!(found, pair("a.safetensors", "new.json"));
        let next = read(&mut pairing, &["b.safetensors"]);
        assert_eq!(next, ("b.safetensors".into(), None));
    }

    #[test]
    fn what_is_not_clear_is_said() {
        let mut pairing = Pairing::default();
        let refused = |outcome| match outcome {
            Outcome::Refuse(reason) => reason,
            other => panic!("{other:?}"),
        };
        let reason = refused(offer(&mut pairing, &["a.safetensors", "b.safetensors"]));
        assert!(reason.contains("a.safetensors, b.safetensors"), "{reason}");
        let reason = refused(offer(&mut pairing, &["a.json", "b.json"]));
        assert!(reason.contains("a.json, b.json"), "{reason}");
        refused(offer(&mut pairing, &[]));
        // Another format is for the reader to name.
        assert_eq!(read(&mut pairing, &["net.pt"]), ("net.pt".into(), None));
        // Nothing of a refused choice was kept.
        assert_eq!(read(&mut pairing, &["net"]), ("net".into(), None));
    }
}
