//! `signon report`: answers from delivered lines.

mod raw;

use std::fs::File;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use signon_host::read::{Clock as _, SystemClock};
use signon_host::report::{
    Counting, Input, Outcome, Output, Question, columns_head, csv, csv_head, names, object, page,
    pass, summary, table_lines, text,
};
use signon_host::shown;

use super::coverage::{in_order, time};
use super::exit::{self, say};
use super::failure::Failure;
use super::progress::Progress;
use super::run::load;

/// Rows of a table for people, unless told otherwise.
const TOP: usize = 20;

/// Arguments of `signon report`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A report by name; several are made in one pass.
    #[arg(long, value_name = "NAME")]
    report: Vec<String>,
    /// A search of the configuration, by its id.
    #[arg(long, value_name = "ID", requires = "config")]
    search: Vec<String>,
    /// Configuration file with the searches, TOML or YAML; several are merged.
    #[arg(long, short, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// text, csv, json, columns (with `|` between values) or html.
    #[arg(long, value_name = "OUTPUT", default_value = "text")]
    output: Output,
    /// Only events from then on, like 2026-01-01T00:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<i64>,
    /// Only events before then.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<i64>,
    /// Most rows of a table; 20 for text and html, else all.
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Write into this file, which must not be there yet, instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Delivered lines, plain or gzip whatever their names; `-` is standard input.
    #[arg(value_name = "FILE|-", required = true)]
    files: Vec<PathBuf>,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    in_order(arguments.from, arguments.to)?;
    let questions = questions(&arguments)?;
    // Reading blocks, and so does a component that waits for more.
    let handle = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || answer(&arguments, &questions, &handle));
    task.await.map_err(Failure::failed)?
}

fn questions(arguments: &Arguments) -> Result<Vec<Question>, Failure> {
    let mut questions = Vec::new();
    for name in &arguments.report {
        let question = Question::named(name).ok_or_else(|| {
            let known: Vec<&str> = names().collect();
            Failure::usage(format!("no report {name:?}; there are: {}", known.join(", ")))
        })?;
        questions.push(question);
    }
    if !arguments.search.is_empty() {
        let config = load(&arguments.config, None)?;
        let now = SystemClock.now();
        for id in &arguments.search {
            let search = config.searches.iter().find(|search| search.id == *id);
            let search = search.ok_or_else(|| no_search(id, &config.searches))?;
            questions.push(Question::search(search, now));
        }
    }
    let one_table = matches!(arguments.output, Output::Csv | Output::Columns);
    if questions.is_empty() {
        questions = match one_table {
            true => Question::named("export").into_iter().collect(),
            false => Question::all(),
        };
    }
    for (at, question) in questions.iter().enumerate() {
        if questions[..at].iter().any(|other| other.id == question.id) {
            return Err(Failure::usage(format!("{:?} is asked twice", question.id)));
        }
    }
    let lists = questions.iter().filter(|question| question.lists_events()).count();
    match questions.len() {
        0 | 1 if arguments.output != Output::Html || lists == 0 => Ok(questions),
        _ if one_table => Err(Failure::usage(
            "a file of csv or columns holds one table: name one --report or --search",
        )),
        _ if lists > 0 => Err(Failure::usage(
            "what lists events is a table by itself: ask for it alone, as text, csv, json or \
             columns",
        )),
        _ => Ok(questions),
    }
}

fn no_search(id: &str, known: &[signon_host::config::SearchConfig]) -> Failure {
    let known: Vec<&str> = known.iter().map(|search| &*search.id).collect();
    Failure::usage(match known.is_empty() {
        true => format!("no search {id:?}: the configuration has none; add [searches.{id}]"),
        false => format!("no search {id:?}; the configuration has: {}", known.join(", ")),
    })
}

/// Where answers go.
enum Out {
    Stdout,
    File(std::io::BufWriter<File>, PathBuf),
}

impl Out {
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        let mut options = File::options();
        options.write(true).create_new(true);
        let file = options.open(path).map_err(|error| {
            Failure::failed(match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    format!("{}: is there already; name another file", path.display())
                }
                _ => format!("{}: {error}", path.display()),
            })
        })?;
        Ok(Self::File(std::io::BufWriter::new(file), path.to_owned()))
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout => exit::block(text),
            Self::File(file, path) => file
                .write_all(text.as_bytes())
                .map_err(|error| Failure::failed(format!("{}: {error}", path.display()))),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout => say(line),
            Self::File(..) => self.write(&format!("{}\n", shown::line(line))),
        }
    }

    fn end(self) -> Result<(), Failure> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(mut file, path) => file
                .flush()
                .map_err(|error| Failure::failed(format!("{}: {error}", path.display()))),
        }
    }
}

fn answer(
    arguments: &Arguments,
    questions: &[Question],
    handle: &tokio::runtime::Handle,
) -> Result<(), Failure> {
    let (inputs, length) = open(&arguments.files)?;
    let mut out = Out::open(arguments.out.as_deref())?;
    if let [question] = questions
        && let Some(columns) = question.listed()
    {
        match arguments.output {
            Output::Csv => out.write(&csv_head(columns))?,
            Output::Columns | Output::Text => out.write(&columns_head(columns))?,
            Output::Json | Output::Html => {}
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let range = (arguments.from, arguments.to);
    let make = || Counting::new(questions, range, arguments.output);
    let mut progress = Progress::begin("report");
    let mut read = 0;
    let mut failed = None;
    let mut raw = raw::Records::new(handle);
    let outcome = Outcome {
        rows: &mut |rows| {
            out.write(rows).map_err(|failure| {
                failed = Some(failure);
                std::io::Error::other("rows cannot be written")
            })
        },
        read: &mut |bytes| {
            read += bytes;
            progress.tell(read, length, &format!("{} MB", read / 1_000_000));
        },
        normalize: &mut |component, records| raw.normalize(component, records),
    };
    let passed = pass(inputs, threads, &make, outcome);
    drop(progress);
    let (mut counting, problems) = match (passed, failed) {
        (Ok(passed), _) => passed,
        (Err(_), Some(failure)) => return Err(failure),
        (Err(error), None) => return Err(Failure::failed(error)),
    };
    counting.unreadable(raw.unreadable());
    let is_for_people = matches!(arguments.output, Output::Text | Output::Html);
    let top = arguments.top.or(is_for_people.then_some(TOP));
    let (totals, tables) = counting.answers(top);
    match arguments.output {
        Output::Text => {
            for line in summary(&totals) {
                match tables.is_empty() {
                    // Beside rows that are data.
                    true => exit::complain(format!("signon: {line}")),
                    false => out.line(&line)?,
                }
            }
            for table in &tables {
                out.line("")?;
                text(table).iter().try_for_each(|line| out.line(line))?;
            }
        }
        Output::Csv => tables.iter().try_for_each(|table| out.write(&csv(table, false)))?,
        Output::Columns => tables.iter().try_for_each(|table| out.write(&csv(table, true)))?,
        Output::Json if questions.iter().any(Question::lists_events) => {}
        Output::Json if questions.len() == 1 && !arguments.search.is_empty() => {
            for row in tables.iter().flat_map(table_lines) {
                out.write(&format!("{}\n", shown::json(&row.to_string())))?;
            }
        }
        Output::Json => {
            let answer = object(&totals, &tables).to_string();
            out.write(&format!("{}\n", shown::json(&answer)))?;
        }
        Output::Html => {
            let names: Vec<String> =
                arguments.files.iter().map(|file| file.display().to_string()).collect();
            out.write(&page(&totals, &tables, &names.join(", ")))?;
        }
    }
    out.end()?;
    if totals.unknown > 0 {
        let (unknown, lines) = (totals.unknown, totals.lines);
        exit::complain(format!("signon: {unknown} of {lines} lines are no events"));
    }
    problems.iter().for_each(|problem| exit::complain(format!("signon: {problem}")));
    if problems.iter().any(signon_host::report::Problem::is_failure) {
        return Err(Failure::failed("not everything could be read"));
    }
    Ok(())
}

/// Opens files, and says how long they are together, if that is known.
fn open(paths: &[PathBuf]) -> Result<(Vec<Input>, Option<u64>), Failure> {
    let mut inputs = Vec::new();
    let mut length = Some(0);
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input {
                name: "standard input".to_owned(),
                reader: Box::new(std::io::stdin()),
            });
            length = None;
            continue;
        }
        let name = path.display().to_string();
        let failed = |error| Failure::failed(format!("{name}: {error}"));
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::failed(format!("{name} is a directory: name its files")));
        }
        // Of a file that grows what is there now, so that reading ends.
        let is_known = metadata.is_file() && metadata.len() > 0;
        let reader: Box<dyn Read + Send> = match is_known {
            true => Box::new(file.take(metadata.len())),
            false => Box::new(file),
        };
        length = length.filter(|_| is_known).map(|length| length + metadata.len());
        inputs.push(Input { name, reader });
    }
    Ok((inputs, length))
}
