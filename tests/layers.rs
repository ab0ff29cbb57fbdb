//! The app's layers hold: a module uses modules of lower layers only, and none beside it in its own.
//!
//! The layers stand where the map is, in the documentation of `src/lib.rs`, as lines `layer 3: pad, inference` counted
//! up from 0, the lowest. Each top-level module belongs to one. What `lib.rs` itself declares is below them all, and
//! what it composes is its own affair; the program (`main.rs` and its modules) is above them all.
//!
//! Found are paths from `crate`, from `mnistify` and up through `super`, in imports (grouped, renamed, glob), expressions,
//! types, attributes and the tokens of macros. Test code may also use modules of its own layer.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Expr, Item, ItemMod, ItemUse, Lit, Macro, Meta, MetaList, UseName, UseRename,
    UseTree,
    visit::{self, Visit},
};

/// Folders of `src` that are crates of their own, which cannot use the app.
const CRATES: [&str; 5] = ["drawing", "fallback", "learning", "network", "trainer"];
const LIBRARY: &str = "mnistify";
/// What stands for an import of everything that `lib.rs` has.
const EVERYTHING: &str = "*";

#[test]
fn every_module_uses_lower_layers_only() {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let report = check(&files);
    println!("{}", report.table);
    assert!(report.faults.is_empty(), "\n{}", report.faults.join("\n"));
}

/// Every source file of the app, by its path in `src`.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let entries = fs::read_dir(folder.join(&inner)).expect("a folder of the checkout");
        for entry in entries {
            let name = entry.expect("an entry of that folder").file_name();
            let path = inner.join(name);
            if folder.join(&path).is_dir() {
                if !CRATES.iter().any(|name| path == Path::new(name)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(folder.join(&path)).expect("a source file");
                let path = path.to_str().expect("a plain name").replace('\\', "/");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

struct Report {
    /// For people: the layers, highest first, with the lines of their modules.
    table: String,
    faults: Vec<String>,
}

/// Checks files (path in `src`, text), `lib.rs` among them.
fn check(files: &[(String, String)]) -> Report {
    let parsed: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source::new(path, text))
        .collect();
    let file = |path| parsed.iter().find(|source| source.path == path);
    let library = file("lib.rs").expect("the library's root");
    let mut faults = Vec::new();
    let layers = Layers::new(library, &mut faults);
    let program: BTreeSet<String> = file("main.rs")
        .into_iter()
        .flat_map(|main| modules_of(&main.file).map(|module| module.ident.to_string()))
        .chain(["main".to_string()])
        .collect();
    let test_files = test_files(&parsed);
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for source in &parsed {
        let place = match source.module.first() {
            None => "lib",
            Some(top) if program.contains(top) => "main",
            Some(top) => top,
        };
        *lines.entry(place).or_default() += source.lines;
        let is_test = test_files
            .iter()
            .any(|path| source.module.starts_with(path));
        let mut uses = Uses {
            module: source.module.clone(),
            is_program: place == "main",
            is_test,
            found: Vec::new(),
        };
        uses.visit_file(&source.file);
        let found = uses.found.iter();
        faults.extend(found.filter_map(|used| layers.fault(used, &source.path)));
    }
    Report {
        table: layers.table(&lines),
        faults,
    }
}

struct Source {
    path: String,
    /// From the crate's root; empty for `lib.rs`.
    module: Vec<String>,
    file: syn::File,
    lines: usize,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let names = path.trim_end_matches(".rs").split('/');
        let mut module: Vec<String> = names.map(String::from).collect();
        if module.last().is_some_and(|name| name == "mod") || path == "lib.rs" {
            module.pop();
        }
        Self {
            path: path.to_string(),
            module,
            file: syn::parse_file(text).unwrap_or_else(|error| panic!("src/{path}: {error}")),
            lines: text.lines().count(),
        }
    }
}

/// The modules that a file declares.
fn modules_of(file: &syn::File) -> impl Iterator<Item = &ItemMod> {
    file.items.iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    })
}

/// Modules in files of their own that only tests compile.
fn test_files(sources: &[Source]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for source in sources {
        for module in modules_of(&source.file).filter(|module| is_for_tests(&module.attrs)) {
            let mut path = source.module.clone();
            path.push(module.ident.to_string());
            found.push(path);
        }
    }
    found
}

/// Whether `#[cfg(test)]` is among the attributes, or another `cfg` that wants `test`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let words: Vec<String> = idents(list.tokens.clone());
            words.contains(&"test".into()) && !words.contains(&"not".into())
        }
        _ => false,
    })
}

fn idents(tokens: TokenStream) -> Vec<String> {
    let each = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(ident) => vec![ident.to_string()],
        TokenTree::Group(group) => idents(group.stream()),
        _ => Vec::new(),
    });
    each.collect()
}

/// The layers of `lib.rs`, lowest first.
struct Layers {
    layers: Vec<Vec<String>>,
    /// What `lib.rs` imports of its own modules, by the name under which `crate::…` then finds it.
    imported: BTreeMap<String, String>,
}

impl Layers {
    fn new(library: &Source, faults: &mut Vec<String>) -> Self {
        let layers = declared(&library.file.attrs, faults);
        let declared: Vec<&String> = layers.iter().flatten().collect();
        let modules: Vec<String> = modules_of(&library.file)
            .filter(|module| !is_for_tests(&module.attrs))
            .map(|module| module.ident.to_string())
            .collect();
        for module in &modules {
            match declared.iter().filter(|name| **name == module).count() {
                0 => faults.push(format!("src/lib.rs: no layer has the module {module}")),
                1 => {}
                _ => faults.push(format!("src/lib.rs: two layers have the module {module}")),
            }
        }
        let unknown = declared.iter().filter(|name| !modules.contains(name));
        faults.extend(unknown.map(|name| format!("src/lib.rs: there is no module {name}")));
        let mut imported = BTreeMap::new();
        for item in &library.file.items {
            let Item::Use(item) = item else { continue };
            for mut path in flat(&item.tree) {
                path.segments
                    .retain(|name| name != "crate" && name != "self");
                let Some(module) = path.segments.first().filter(|name| modules.contains(name))
                else {
                    continue;
                };
                if path.name == EVERYTHING {
                    faults.push(format!(
                        "src/lib.rs: {module}::* hides where things come from"
                    ));
                }
                imported.insert(path.name, module.clone());
            }
        }
        Self { layers, imported }
    }

    fn of(&self, module: &str) -> Option<usize> {
        let is_in = |layer: &Vec<String>| layer.iter().any(|name| name == module);
        self.layers.iter().position(is_in)
    }

    /// What is wrong with a use, if anything.
    fn fault(&self, used: &Use, path: &str) -> Option<String> {
        // `lib.rs` composes, the program is above everything.
        let user = used.user.as_ref()?;
        let place = format!("src/{path}:{}", used.line);
        if used.name == EVERYTHING {
            return Some(format!(
                "{place}: {user} imports everything that lib.rs has; name what it uses"
            ));
        }
        let name = self.imported.get(&used.name).unwrap_or(&used.name);
        let (own, other) = (self.of(user)?, self.of(name)?);
        let allowed = name == user || other < own || used.is_test && other == own;
        (!allowed).then(|| format!("{place}: {user} (layer {own}) uses {name} (layer {other})"))
    }

    fn table(&self, lines: &BTreeMap<&str, usize>) -> String {
        let count = |name: &str| lines.get(name).copied().unwrap_or(0);
        let mut table = format!("main: {} lines\n", count("main"));
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let all: usize = layer.iter().map(|name| count(name)).sum();
            let each = layer.iter().map(|name| format!("{name} {}", count(name)));
            let each = each.collect::<Vec<_>>().join(", ");
            writeln!(table, "layer {index}: {all} lines ({each})").expect("text can be written");
        }
        write!(table, "lib: {} lines", count("lib")).expect("text can be written");
        table
    }
}

/// The layers that documentation declares.
fn declared(attributes: &[Attribute], faults: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut layers = Vec::new();
    for line in attributes.iter().filter_map(documentation) {
        let Some((number, names)) = line
            .trim()
            .strip_prefix("layer ")
            .and_then(|l| l.split_once(':'))
        else {
            continue;
        };
        let expected = layers.len();
        if number.parse() != Ok(expected) {
            faults.push(format!(
                "src/lib.rs: layer {number} stands where layer {expected} should"
            ));
        }
        let names = names
            .split(',')
            .map(|name| name.trim().trim_matches(['`', '[', ']']));
        layers.push(names.map(String::from).collect());
    }
    if layers.is_empty() {
        faults.push("src/lib.rs: no line `//! layer 0: …` declares the layers".to_string());
    }
    layers
}

fn documentation(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(text) if pair.path.is_ident("doc") => match &text.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// A path that reaches the crate's root.
struct Use {
    /// The top-level module that uses; none in `lib.rs` and in the program.
    user: Option<String>,
    /// What it names there, or [`EVERYTHING`].
    name: String,
    line: usize,
    is_test: bool,
}

/// Walks one file.
struct Uses {
    /// Where it is, from the crate's root.
    module: Vec<String>,
    is_program: bool,
    is_test: bool,
    found: Vec<Use>,
}

impl Uses {
    /// Keeps the path if it reaches the crate's root.
    fn path(&mut self, segments: &[String], line: usize) {
        let Some(name) = self.name_at_root(segments) else {
            return;
        };
        let user = self.module.first().filter(|_| !self.is_program);
        self.found.push(Use {
            user: user.cloned(),
            name: name.to_string(),
            line,
            is_test: self.is_test,
        });
    }

    /// The name in `lib.rs` that a path goes through.
    fn name_at_root<'a>(&self, segments: &'a [String]) -> Option<&'a str> {
        let (first, rest) = segments.split_first()?;
        if first == "crate" || first == LIBRARY {
            let name = rest.first()?;
            return Some(if name == "self" { EVERYTHING } else { name });
        }
        let mut depth = self.module.len();
        let mut climbs = false;
        for name in segments {
            match name.as_str() {
                "self" => {}
                "super" => {
                    depth = depth.checked_sub(1)?;
                    climbs = true;
                }
                name => return (climbs && depth == 0).then_some(name),
            }
        }
        None
    }

    /// Looks for paths in tokens that syn does not parse.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut index = 0;
        while index < tokens.len() {
            match &tokens[index] {
                TokenTree::Ident(_) => index = self.path_in_tokens(Vec::new(), &tokens, index),
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    index += 1;
                }
                _ => index += 1,
            }
        }
    }

    /// Reads the path that goes on at the token `index`, and returns the index behind it.
    fn path_in_tokens(
        &mut self,
        mut path: Vec<String>,
        tokens: &[TokenTree],
        mut index: usize,
    ) -> usize {
        let line = line_of(tokens[index].span());
        loop {
            match tokens.get(index) {
                Some(TokenTree::Ident(ident)) => path.push(ident.to_string()),
                Some(TokenTree::Punct(star)) if star.as_char() == '*' => {
                    path.push(EVERYTHING.into())
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.group_in_tokens(&path, group.stream());
                    return index + 1;
                }
                _ => break,
            }
            index += 1;
            let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(colon)) if colon.as_char() == ':');
            if !is_colon(tokens.get(index)) || !is_colon(tokens.get(index + 1)) {
                break;
            }
            index += 2;
        }
        self.path(&path, line);
        index
    }

    /// Every path of `{a, b::c}` behind a common beginning.
    fn group_in_tokens(&mut self, beginning: &[String], tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_comma =
            |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
        for element in tokens.split(is_comma).filter(|element| !element.is_empty()) {
            self.path_in_tokens(beginning.to_vec(), element, 0);
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast Item) {
        let before = self.is_test;
        self.is_test |= is_for_tests(attributes(item));
        visit::visit_item(self, item);
        self.is_test = before;
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for path in flat(&item.tree) {
            self.path(&path.segments, path.line);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let idents: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        let segments: Vec<String> = idents.iter().map(|ident| ident.to_string()).collect();
        self.path(&segments, line_of(idents[0].span()));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn line_of(span: Span) -> usize {
    span.start().line
}

/// One path of an import.
struct Imported {
    segments: Vec<String>,
    /// The name that it gets here, or [`EVERYTHING`].
    name: String,
    line: usize,
}

/// Every path of an import tree.
fn flat(tree: &UseTree) -> Vec<Imported> {
    let leaf = |segment: String, name: String, span| {
        let (segments, line) = (vec![segment], line_of(span));
        vec![Imported {
            segments,
            name,
            line,
        }]
    };
    match tree {
        UseTree::Path(path) => {
            let mut paths = flat(&path.tree);
            for inner in &mut paths {
                inner.segments.insert(0, path.ident.to_string());
                if inner.name == "self" {
                    inner.name = path.ident.to_string();
                }
            }
            paths
        }
        UseTree::Name(UseName { ident }) => {
            leaf(ident.to_string(), ident.to_string(), ident.span())
        }
        UseTree::Rename(UseRename { ident, rename, .. }) => {
            leaf(ident.to_string(), rename.to_string(), ident.span())
        }
        UseTree::Glob(glob) => {
            let span = glob.star_token.spans[0];
            leaf(EVERYTHING.into(), EVERYTHING.into(), span)
        }
        UseTree::Group(group) => group.items.iter().flat_map(flat).collect(),
    }
}

const LIB: &str = "
//! The map.
//!
//! layer 0: gpu
//! layer 1: [`pad`], inference
//! layer 2: panels
mod gpu;
mod pad;
mod inference;
mod panels;
use panels::{Panel, tools::{self, Tool as Pen}};
pub struct Surface;
pub fn app() { panels::plugin(); }
";

/// What the check says of these files beside [`LIB`], without the folder.
fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let mut all = vec![("lib.rs".to_string(), LIB.to_string())];
    all.extend(
        files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string())),
    );
    let faults = check(&all).faults;
    faults
        .iter()
        .map(|fault| fault.replace("src/", ""))
        .collect()
}

/// Whether the pad may hold this.
fn pad_may(text: &str) -> bool {
    let faults = faults(&[("pad/mod.rs", text)]);
    assert!(
        faults.iter().all(|fault| fault.starts_with("pad/mod.rs:")),
        "{faults:?}"
    );
    faults.is_empty()
}

#[test]
fn imports_run_down() {
    assert!(pad_may(
        "use crate::gpu::Gpu; use crate::{Surface, gpu::{self, buffers::*}};"
    ));
    assert!(pad_may(
        "use crate::pad::strokes; use super::gpu; use panels::unrelated;"
    ));
    assert_eq!(
        faults(&[(
            "pad/mod.rs",
            "\nuse crate::{Surface, gpu::Gpu, panels::tools as t};"
        )]),
        ["pad/mod.rs:2: pad (layer 1) uses panels (layer 2)"]
    );
    assert_eq!(
        faults(&[("pad/strokes.rs", "use crate::inference;")]),
        ["pad/strokes.rs:1: pad (layer 1) uses inference (layer 1)"]
    );
    for up in [
        "use crate::panels;",
        "use crate::panels::*;",
        "use crate::{gpu, panels::{self}};",
        "use {crate::gpu, crate::panels as p};",
        "use ::mnistify::panels::Tool;",
        "fn f() { use crate::panels::Tool; }",
        // Everything, and what `lib.rs` imports.
        "use crate::*;",
        "use crate::{self as root};",
        "use super::*;",
        "use crate::Panel;",
        "use crate::{Surface, Pen};",
        "use crate::tools::Tool;",
    ] {
        assert!(!pad_may(up), "{up}");
    }
}

#[test]
fn paths_anywhere_run_down() {
    assert!(pad_may(
        "fn f(x: crate::gpu::Gpu) -> crate::Surface { crate::gpu::run(self::x) }"
    ));
    for up in [
        "fn f() { crate::panels::draw(1); }",
        "fn f(x: Vec<crate::panels::Tool>) {}",
        "impl From<u8> for crate::panels::Tool {}",
        "fn f() { assert_eq!(1, g(crate::panels::SIDE)); }",
        "fn f() { m! { use crate::{gpu, panels::Tool}; } }",
        "macro_rules! m { () => { $crate::panels::draw() } }",
        "#[require(crate::panels::Tool)] struct S;",
        "#[derive(crate::panels::Derive)] struct S;",
    ] {
        assert!(!pad_may(up), "{up}");
    }
}

#[test]
fn super_is_followed_to_the_root() {
    let strokes = |text| faults(&[("pad/strokes.rs", text)]).len();
    assert_eq!(
        strokes("use super::panels::x;"),
        0,
        "a module inside of pad"
    );
    assert_eq!(strokes("use super::super::panels;"), 1);
    assert_eq!(strokes("fn f() { self::super::super::panels::x(); }"), 1);
    assert_eq!(strokes("fn f() { m!(super::super::panels::x); }"), 1);
    assert_eq!(strokes("mod inner { use super::super::panels; }"), 0);
    assert_eq!(
        strokes("mod inner { use super::super::super::{gpu, panels}; }"),
        1
    );
    assert!(pad_may("mod inner { use super::*; }"));
}

#[test]
fn tests_may_use_their_own_layer_only_more() {
    assert!(pad_may("#[cfg(test)] mod tests { use crate::inference; }"));
    assert!(pad_may("#[cfg(test)] use crate::inference::Model;"));
    assert!(pad_may(
        "#[cfg(all(test, unix))] fn f() { crate::inference::run(); }"
    ));
    assert!(!pad_may("#[cfg(test)] mod tests { use crate::panels; }"));
    assert!(!pad_may(
        "#[cfg(not(test))] mod tests { use crate::inference; }"
    ));
    let apart = ("pad/tests.rs", "use crate::inference;");
    assert!(faults(&[("pad/mod.rs", "#[cfg(test)] mod tests;"), apart]).is_empty());
    assert_eq!(faults(&[("pad/mod.rs", "mod tests;"), apart]).len(), 1);
}

#[test]
fn the_program_uses_what_it_wants() {
    let main = ("main.rs", "mod command_line;");
    let rest = ("command_line.rs", "use mnistify::panels; use crate::x;");
    assert!(faults(&[main, rest]).is_empty());
}

#[test]
fn layers_are_declared_once_and_in_order() {
    let said = |lib: &str| check(&[("lib.rs".to_string(), lib.to_string())]).faults;
    assert!(
        said("//! layer 0: a\n//! layer 1: b\nmod a;\nmod b;\n#[cfg(test)] mod tests {}")
            .is_empty()
    );
    for (lib, word) in [
        ("mod a;", "declares"),
        ("//! layer 0: a\nmod a;\nmod b;", "module b"),
        ("//! layer 0: a, b\nmod a;", "no module b"),
        ("//! layer 0: a\n//! layer 1: a\nmod a;", "two layers"),
        ("//! layer 1: a\nmod a;", "where layer 0"),
        ("//! layer 0: a\nmod a;\npub use a::*;", "a::*"),
    ] {
        let faults = said(lib);
        assert!(
            faults.iter().any(|fault| fault.contains(word)),
            "{lib}: {faults:?}"
        );
    }
    let table = check(&[
        ("lib.rs".to_string(), LIB.to_string()),
        ("pad/mod.rs".to_string(), "\n\n".to_string()),
    ]);
    assert!(
        table
            .table
            .contains("layer 1: 2 lines (pad 2, inference 0)"),
        "{}",
        table.table
    );
}
