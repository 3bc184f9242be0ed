//! What holds for every file of the project: none is longer than a reader takes, no
//! page points at what is not there or not ours, and no example in a comment is left
//! untested.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::shell::{Failure, root, say};

/// A longer source file should be two.
const MOST_LINES: usize = 500;

/// Checks all files; too long ones are only warned about.
pub fn check() -> Result<(), Failure> {
    let root = root();
    let mut files = Vec::new();
    collect(&root, &mut files)
        .map_err(|error| Failure::new(format!("{}: {error}", root.display())))?;
    let tested = |name: &Path| {
        (name.ancestors().skip(1))
            .find_map(|folder| fs::read_to_string(root.join(folder).join("Cargo.toml")).ok())
            .is_none_or(|manifest| !manifest.contains("doctest = false"))
    };
    let mut broken = 0;
    // Tables of Unicode, half a minute of building, for names that nothing here resolves:
    // `idna_adapter` 1.0.0 does without, and an update would take a newer one.
    if fs::read_to_string(root.join("Cargo.lock")).is_ok_and(|lock| lock.contains("\"icu_")) {
        say("Cargo.lock brings icu: cargo update -p idna_adapter --precise 1.0.0");
        broken += 1;
    }
    for file in files {
        // Files that are no text have neither lines nor links.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let name = file.strip_prefix(&root).unwrap_or(&file);
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("rs") if text.lines().count() > MOST_LINES => {
                say(format!("warning: {} is longer than {MOST_LINES} lines", name.display()));
            }
            Some("rs") if has_example(&text) && !tested(name) => {
                say(format!(
                    "{}: its example is not run: take `doctest = false` out of the Cargo.toml, \
                     or open the block with ```text",
                    name.display()
                ));
                broken += 1;
            }
            Some("md") => {
                for link in broken_links(name, &text, &|path| root.join(path).exists()) {
                    say(format!("{}: {link} is not in the project", name.display()));
                    broken += 1;
                }
            }
            _ => {}
        }
    }
    if broken == 0 {
        Ok(())
    } else {
        Err(Failure::new(format!("{broken} broken links, examples and versions")))
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    const NOT_OURS: [&str; 4] = [".git", "target", "node_modules", ".venv"];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Whether a comment of documentation holds a block that rustdoc would run.
fn has_example(text: &str) -> bool {
    let fences = text.lines().map(str::trim_start).filter_map(|line| {
        let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
        comment.trim_start().strip_prefix("```")
    });
    // Every other one ends a block.
    fences.step_by(2).any(|language| !["text", "ignore", "toml"].contains(&language.trim()))
}

/// Links of the page `name` (relative to the project) to files that are not there.
fn broken_links<'a>(name: &Path, text: &'a str, exists: &dyn Fn(&Path) -> bool) -> Vec<&'a str> {
    let folder = name.parent().unwrap_or(Path::new(""));
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ', '#']).next())
        .filter(|link| !link.is_empty() && !link.contains(':'))
        .filter(|link| normalize(&folder.join(link)).is_none_or(|path| !exists(&path)))
        .collect()
}

/// `path` without `..`; nothing where it leaves the project.
fn normalize(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop().then_some(())?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_an_example_unless_it_says_otherwise() {
        assert!(has_example("    /// ```\n    /// run();\n    /// ```\n"));
        assert!(has_example("//! ```text\n//! ```\n//!\n//! ```no_run\n//! ```\n"));
        assert!(!has_example("//! ```text\n//! a\n//! ```\n// ```\nlet x = \"```\";\n"));
    }

    fn broken(text: &str) -> Vec<&str> {
        let here = ["README.md", "docs/one.md"];
        broken_links(Path::new("docs/page.md"), text, &|path| {
            here.iter().any(|file| path == Path::new(file))
        })
    }

    #[test]
    fn links_to_files_of_the_project_and_to_the_web_hold() {
        let text = "[a](one.md) [b](../README.md#top) [c](https://example.org/x) [d](#here) [e](mailto:a@b)";
        assert_eq!(broken(text), Vec::<&str>::new());
    }

    #[test]
    fn links_to_nothing_and_links_out_of_the_project_are_broken() {
        let text = "[a](two.md) [b](../../other/README.md) [c](/etc/hosts)";
        assert_eq!(broken(text), ["two.md", "../../other/README.md", "/etc/hosts"]);
    }
}
