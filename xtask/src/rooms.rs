//! The structure of the sources: which file imports which.
//!
//! Invariants it checks: no file of the host imports from a room above its own, in the
//! order that CONTRIBUTING.md writes down, and no files of one crate import each other in
//! a circle. What only tests import does not count, and what a file imports from the
//! module that it is a part of does not, either: that is one thing in several files.
//!
//! It reads `use` items and paths as text. That finds every import that is written as
//! one; a macro could hide some, and none here does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module by the names on the way to it; the crate's root has none.
type Module = Vec<String>;

/// Crates whose files are looked at, by folder of their sources.
const CRATES: [&str; 11] = [
    "host/src",
    "components/render/src",
    "components/kit/src",
    "components/oci-signature/src",
    "components/oci-audit/src",
    "components/idcs/src",
    "components/oam/src",
    "components/bundle/toolchain/src",
    "tests/simulator/src",
    "benches/src",
    "xtask/src",
];

/// The page that writes the order of the rooms down, and the crate it is of.
const PAGE: &str = "CONTRIBUTING.md";
const OPENING: &str = "```rooms";
const ORDERED: &str = "host/src";

/// Everything that is wrong, a line each.
pub fn check(root: &Path) -> Vec<String> {
    let page = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    let order = order(&page);
    let mut wrong = Vec::new();
    if order.is_empty() {
        wrong.push(format!("{PAGE} has no block {OPENING}"));
    }
    for folder in CRATES {
        let sources = Sources::read(&root.join(folder));
        let imports = sources.imports();
        let shown = |module: &Module| format!("{folder}/{}", sources.files[module].display());
        for circle in circles(&imports) {
            let files: Vec<String> = circle.iter().map(shown).collect();
            wrong.push(format!("these import each other: {}", files.join(", ")));
        }
        if folder == ORDERED {
            for (from, to) in upwards(&imports, &order) {
                wrong.push(format!("{} imports from above: {}", shown(&from), shown(&to)));
            }
            wrong.extend(unknown(&imports, &order).map(|room| {
                format!("{PAGE} does not say where the room {room} stands among the others")
            }));
        }
    }
    wrong
}

/// The rooms from top to bottom: the first word of each line of the block.
fn order(page: &str) -> Vec<String> {
    let lines = page.lines().skip_while(|line| *line != OPENING).skip(1);
    lines
        .take_while(|line| !line.starts_with("```"))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

type Imports = BTreeMap<Module, BTreeSet<Module>>;

fn room(module: &Module) -> Option<&String> {
    module.first()
}

fn upwards(imports: &Imports, order: &[String]) -> Vec<(Module, Module)> {
    // The root of the crate stands above all rooms.
    let height =
        |module: &Module| room(module).and_then(|room| order.iter().position(|it| it == room));
    let pairs = imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)));
    pairs
        .filter(|(from, to)| match (height(from), height(to)) {
            (Some(from), Some(to)) => to < from,
            _ => false,
        })
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}

fn unknown<'i>(imports: &'i Imports, order: &'i [String]) -> impl Iterator<Item = &'i String> {
    let rooms: BTreeSet<&String> = imports.keys().filter_map(room).collect();
    rooms.into_iter().filter(|room| !order.contains(room))
}

/// Sets of modules each of which reaches all others of its set.
fn circles(imports: &Imports) -> Vec<Vec<Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|from| (from, reachable(imports, from))).collect();
    let mut found: Vec<Vec<Module>> = Vec::new();
    for from in imports.keys() {
        if !reached[from].contains(from) || found.iter().any(|circle| circle.contains(from)) {
            continue;
        }
        let back = |to: &&&Module| reached.get(*to).is_some_and(|theirs| theirs.contains(from));
        found.push(reached[from].iter().filter(back).map(|module| (*module).clone()).collect());
    }
    found
}

fn reachable<'i>(imports: &'i Imports, from: &Module) -> BTreeSet<&'i Module> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&Module> = imports.get(from).into_iter().flatten().collect();
    while let Some(module) = next.pop() {
        if seen.insert(module) {
            next.extend(imports.get(module).into_iter().flatten());
        }
    }
    seen
}

/// The files of a crate, without those of tests.
struct Sources {
    files: BTreeMap<Module, PathBuf>,
    texts: BTreeMap<Module, String>,
    /// What a module offers under a name of its own: the path it comes from.
    offered: BTreeMap<Module, BTreeMap<String, String>>,
}

impl Sources {
    fn read(folder: &Path) -> Self {
        let mut found = Vec::new();
        collect(folder, Path::new(""), &mut found);
        let mut files = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for file in found {
            let Ok(text) = fs::read_to_string(folder.join(&file)) else { continue };
            let module = module_of(&file);
            texts.insert(module.clone(), without_tests(&text));
            files.insert(module, file);
        }
        let tests: Vec<Module> =
            texts.iter().flat_map(|(at, text)| test_modules(at, text)).collect();
        let is_test = |module: &Module| tests.iter().any(|test| module.starts_with(test));
        files.retain(|module, _| !is_test(module));
        texts.retain(|module, _| !is_test(module));
        let mut sources = Self { files, texts, offered: BTreeMap::new() };
        sources.offered =
            sources.texts.iter().map(|(at, text)| (at.clone(), offers(text))).collect();
        sources
    }

    fn imports(&self) -> Imports {
        let of = |at: &Module, text: &String| {
            let paths = paths(text, &|name| self.files.contains_key(&child(at, name)));
            let modules = paths.iter().filter_map(|path| self.defining(at, path, 0));
            modules.filter(|module| !at.starts_with(module)).collect()
        };
        self.texts.iter().map(|(at, text)| (at.clone(), of(at, text))).collect()
    }

    /// The module that `path`, as written in `at`, leads to, through what is offered on
    /// the way.
    fn defining(&self, at: &Module, path: &str, depth: usize) -> Option<Module> {
        // More than any honest chain has.
        const MOST: usize = 8;
        let mut names: Vec<&str> = path.split("::").collect();
        let mut module = match *names.first()? {
            "crate" => Vec::new(),
            "self" | "super" => at.clone(),
            name if self.files.contains_key(&child(at, name)) => at.clone(),
            _ => return None,
        };
        while let Some(name @ ("crate" | "self" | "super")) = names.first().copied() {
            names.remove(0);
            if name == "super" {
                module.pop();
            }
        }
        while let Some(name) = names.first() {
            let next = child(&module, name);
            if !self.files.contains_key(&next) {
                break;
            }
            module = next;
            names.remove(0);
        }
        let from = names.first().and_then(|name| self.offered.get(&module)?.get(*name));
        match from {
            Some(from) if depth < MOST => self.defining(&module, from, depth + 1).or(Some(module)),
            _ => self.files.contains_key(&module).then_some(module),
        }
    }
}

fn child(module: &Module, name: &str) -> Module {
    let mut module = module.clone();
    module.push(name.to_owned());
    module
}

fn collect(folder: &Path, inside: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder.join(inside)).into_iter().flatten().flatten() {
        let path = inside.join(entry.file_name());
        if entry.path().is_dir() {
            collect(folder, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_of(file: &Path) -> Module {
    let mut names: Module =
        (file.with_extension("").iter()).map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod")
        || names.len() == 1 && ["lib", "main"].contains(&names[0].as_str())
    {
        names.pop();
    }
    names
}

/// A text without comments and without the tests at its end.
fn without_tests(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn test_modules(at: &Module, text: &str) -> Vec<Module> {
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|rest| {
        let item = rest.trim_start();
        let item = item.strip_prefix("pub ").unwrap_or(item);
        item.strip_prefix("mod ")?.split(';').next()
    });
    declared.map(|name| child(at, name.trim())).collect()
}

/// The `use` items of a text: what each imports, and whether it offers it to others.
fn uses(text: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let (start, item) = (from, line.trim_start());
        from += line.len();
        let public = item.starts_with("pub");
        let Some((before, _)) = item.split_once("use ") else { continue };
        let before = before.trim_end();
        if !(before.is_empty()
            || before == "pub"
            || before.starts_with("pub(") && before.ends_with(')'))
        {
            continue;
        }
        let rest = &text[start..];
        let tree = rest[..rest.find(';').unwrap_or(rest.len())].split_once("use ");
        let tree =
            tree.map_or("", |(_, tree)| tree).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut leaves = Vec::new();
        expand("", &tree, &mut leaves);
        found.extend(leaves.into_iter().map(|leaf| (leaf, public)));
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expand(prefix: &str, tree: &str, leaves: &mut Vec<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        if !tree.is_empty() {
            leaves.push(format!("{prefix}{tree}"));
        }
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let close = tree.rfind('}').filter(|close| *close > open).unwrap_or(tree.len());
    let inner = &tree[open + 1..close];
    let (mut depth, mut start) = (0_u32, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                expand(&prefix, &inner[start..at], leaves);
                start = at + 1;
            }
            _ => {}
        }
    }
    expand(&prefix, &inner[start..], leaves);
}

fn offers(text: &str) -> BTreeMap<String, String> {
    let public = uses(text).into_iter().filter(|(_, offered)| *offered);
    public
        .map(|(leaf, _)| {
            let (path, name) = leaf.split_once(" as ").unwrap_or((&leaf, &leaf));
            let name = name.rsplit("::").next().unwrap_or(name).trim().to_owned();
            (name, path.trim().to_owned())
        })
        .collect()
}

/// Every path of a text that begins in this crate. What a module offers to others it
/// does not import.
fn paths(text: &str, is_child: &dyn Fn(&str) -> bool) -> Vec<String> {
    let imported = uses(text).into_iter().filter(|(_, offered)| !offered);
    let mut found: Vec<String> = imported
        .map(|(leaf, _)| leaf.split(" as ").next().unwrap_or_default().trim().to_owned())
        .collect();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    for word in text.split(|letter| !is_part(letter)) {
        let first = word.split("::").next().unwrap_or_default();
        let begins_here = ["crate", "self", "super"].contains(&first) || is_child(first);
        if word.contains("::") && begins_here && !word.ends_with("::") {
            found.push(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of a few files, and what is wrong with it.
    fn imports(files: &[(&str, &str)]) -> Imports {
        let folder = std::env::temp_dir().join(format!(
            "signon-rooms-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        for (name, text) in files {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, text).expect("written");
        }
        let imports = Sources::read(&folder).imports();
        fs::remove_dir_all(&folder).expect("removed");
        imports
    }

    fn names(modules: &[Module]) -> Vec<String> {
        modules.iter().map(|module| module.join("::")).collect()
    }

    #[test]
    fn this_project_keeps_its_order() {
        assert_eq!(check(&crate::shell::root()), Vec::<String>::new());
    }

    #[test]
    fn files_that_import_each_other_are_found_through_what_their_room_offers() {
        let found = circles(&imports(&[
            ("lib.rs", "mod a;\nmod b;"),
            ("a/mod.rs", "mod one;\npub use one::One;"),
            ("a/one.rs", "use crate::b::{Other, more::More};"),
            ("b/mod.rs", "pub mod more;\npub struct Other;"),
            ("b/more.rs", "fn f(_: crate::a::One) {}"),
        ]));
        assert_eq!(found.len(), 1);
        assert_eq!(names(&found[0]), ["a::one", "b::more"]);
    }

    #[test]
    fn what_only_tests_import_does_not_count() {
        let text = "mod child;\nfn f() {}\n#[cfg(test)]\nmod tests {\n use crate::b::B;\n}";
        let found = imports(&[
            ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod laws;"),
            ("laws.rs", "use crate::a::f;"),
            ("a.rs", text),
            ("a/child.rs", "// use crate::b::B;"),
            ("b.rs", "use crate::a::f;"),
        ]);
        assert!(circles(&found).is_empty());
        assert!(!found.contains_key(&vec!["laws".to_owned()]));
    }

    #[test]
    fn an_import_from_a_room_above_is_found_and_one_from_below_is_none() {
        let order = order("x\n```rooms\ntop      what it does\nmiddle\nbottom\n```\nnone\n");
        assert_eq!(order, ["top", "middle", "bottom"]);
        let found = imports(&[
            ("lib.rs", "mod top;\nmod middle;\nmod bottom;"),
            ("top.rs", "use crate::bottom::Low;"),
            ("middle.rs", "fn f(_: super::top::High) {}"),
            ("bottom.rs", "pub struct Low;"),
        ]);
        let found = upwards(&found, &order);
        assert_eq!(found.len(), 1);
        assert_eq!(names(&[found[0].0.clone(), found[0].1.clone()]), ["middle", "top"]);
    }

    #[test]
    fn a_room_that_nobody_placed_is_told() {
        let found = imports(&[("lib.rs", "mod attic;"), ("attic.rs", "")]);
        assert_eq!(unknown(&found, &["cellar".to_owned()]).collect::<Vec<_>>(), ["attic"]);
    }
}
