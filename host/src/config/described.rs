//! What may be written into a configuration, for editors and for readers.
//!
//! Invariant: all of it comes from the tables of keys that read a configuration.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::allow::AllowRule;
use super::backfill::BackfillConfig;
use super::credentials::CREDENTIALS;
use super::filter::FilterConfig;
use super::root::RootKeys;
use super::searches::{self, Column, Figure};
use super::source_types::SOURCE_TYPES;
use super::{limits, source};
use crate::runtime::ComponentFile;
use crate::schema::{Checked as _, Part as _, PartDescription, file, object, rows, rows_of_schema};
use crate::sinks;

/// The JSON Schema of a configuration file. `components` are the schemas of the
/// components that `type` names, by name; of one that is not among them any key is taken.
pub fn json_schema(components: &BTreeMap<String, Json>) -> Json {
    let mut root = object(&RootKeys::describe(), None);
    let sources = &mut root["properties"]["sources"];
    sources["additionalProperties"] = source::schema(components);
    file(root)
}

/// Words with a fixed meaning that stand in no table of keys: those of components, and
/// of what everybody writes.
const OTHER_WORDS: &[&str] =
    &["true", "false", "https", "default", "get", "post", "search", "query", "path", "xml"];

/// Every word with a fixed meaning, in lower case.
pub(super) fn words() -> &'static HashSet<String> {
    static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let mut words: HashSet<String> = OTHER_WORDS.iter().map(|&word| word.to_owned()).collect();
        let mut schema = json_schema(&BTreeMap::new());
        // What a line can be asked for are words of everybody's, like `user`.
        schema["properties"]["searches"].take();
        collect_words(&schema, &mut words);
        words
    });
    &WORDS
}

/// The words that a schema gives a choice of.
fn collect_words(schema: &Json, words: &mut HashSet<String>) {
    match schema {
        Json::Object(members) => {
            let choices = members.get("enum").and_then(Json::as_array).into_iter().flatten();
            let all = choices.chain(members.get("const")).filter_map(Json::as_str);
            words.extend(all.map(str::to_lowercase));
            members.values().for_each(|member| collect_words(member, words));
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect_words(element, words)),
        _ => {}
    }
}

/// What stands before the tables.
const INTRODUCTION: &str = "\
# Configuration

Every key that there is. This page is written by `cargo xtask configuration` from the
tables of keys that signon reads a configuration by; `signon schema` writes the same for
editors:

```console
signon schema > signon.schema.json
```

An editor then completes keys, shows what they mean and marks mistakes: VS Code with
\"Even Better TOML\" or \"YAML\" where the first line of the file is
`#:schema ./signon.schema.json` (TOML) or
`# yaml-language-server: $schema=./signon.schema.json` (YAML).

A file is TOML or YAML; several files are one configuration. Texts may hold `${VARIABLE}`,
`${VARIABLE:-default}` and `$$`. Paths are relative to the file they stand in, `~` is the
home directory. A time span is digits and one of `s`, `m`, `h`, `d`; a time is written as
`2026-01-31T08:00:00Z`. A key that nobody knows, a missing one or a wrong value refuses
the file with file, line, column and what was expected.
";

/// The page of the documentation about a configuration. `components` as for
/// [`json_schema`].
pub fn page(components: &BTreeMap<String, Json>) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = |title: &str, text: &str, keys: Option<PartDescription>| {
        // Writing to a text does not fail.
        let _ = write!(page, "\n{title}\n");
        for part in [Some(text.to_owned()), keys.map(|keys| rows(&keys))].into_iter().flatten() {
            if !part.is_empty() {
                let _ = write!(page, "\n{}\n", part.trim_end());
            }
        }
    };
    section("## A file", "", Some(RootKeys::describe()));
    section(
        "## A source",
        "A table `sources.<id>`. All keys that are not the host's belong to the component.",
        Some(source::describe()),
    );
    for known in SOURCE_TYPES {
        let credentials: Vec<String> = known
            .credentials
            .iter()
            .map(|name| format!("[`{name}`](#credentials-{name})"))
            .collect();
        let text = format!("{} It takes {}.", known.help, credentials.join(", "));
        let own = components.get(known.name).map(rows_of_schema).unwrap_or_default();
        section(&format!("### type: {}", known.name), &format!("{text}\n\n{own}"), None);
    }
    section(
        "### component",
        "A file of a component, instead of its path alone.",
        Some(ComponentFile::describe_checked()),
    );
    section(
        "### include, exclude",
        "Lists of patterns with `*` and `?`, in any case. The keys of one table are each tried \
         by themselves: `exclude` drops what fits any of them, `include` keeps what fits all.",
        Some(FilterConfig::describe()),
    );
    section("### backfill", "", Some(BackfillConfig::describe()));
    section(
        "### allow",
        "A list of rules; what a component from a file asks for and no rule allows is refused.",
        Some(AllowRule::describe_checked()),
    );
    section(
        "### limits",
        "What one session of a component may use: see [the sandbox](sandbox.md).",
        Some(limits::describe()),
    );
    section("## Credentials", "`credentials = { type = \"…\", … }` of a source.", None);
    for variant in CREDENTIALS.all {
        let title = format!("### credentials: {}", variant.name);
        section(&title, variant.help, Some((variant.describe)()));
    }
    section(
        "## A sink",
        "A table `sinks.<id>`. What an acknowledgement is worth: [sinks](sinks.md).",
        Some(sinks::describe_common()),
    );
    for row in sinks::SINK_TYPES {
        let text = format!("Acknowledgement: {}", row.keys.help);
        section(&format!("### type: {}", row.keys.name), &text, Some((row.keys.describe)()));
    }
    for (name, help, description) in sinks::describe_tables() {
        section(&format!("### {name}"), help, Some(description));
    }
    section(
        "## A search",
        "A table `searches.<id>`: a question for `signon report --search <id>`. See \
         [reports](report.md).",
        Some(searches::describe()),
    );
    let columns = Column::ALL.iter().map(|column| (column.name(), column.help()));
    section("### columns", &words_table("column", columns), None);
    let figures = Figure::ALL.iter().map(|figure| (figure.name(), figure.help()));
    section("### figures", &words_table("figure", figures), None);
    page
}

/// A table of words and what they mean.
fn words_table<'w>(what: &str, words: impl Iterator<Item = (&'w str, &'w str)>) -> String {
    let rows = words.map(|(word, help)| format!("| `{word}` | {help} |\n"));
    format!("| {what} | meaning |\n|---|---|\n{}", rows.collect::<String>())
}
