//! How fast signon is, beside what it is measured against. `cargo xtask bench` builds
//! this and the peers and runs it; `README.md` says what each row means.
//!
//! stdout is the table, or JSON and nothing else; what goes on is told on stderr.

mod client;
mod density;
mod machine;
mod pieces;
mod records;
mod report;
mod rounds;
mod row;
mod runs;
mod served;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use machine::Machine;
use row::Row;

/// What is worth a value, or why there is none.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What every measurement is given.
pub struct Setting {
    /// Shorter, and so less exact.
    pub quick: bool,
    /// The command.
    pub signon: PathBuf,
    /// A Python with Oracle's SDK, if there is one.
    pub python: Option<PathBuf>,
    /// The peer in `peers/vrl`, if it could be built.
    pub vrl: Option<PathBuf>,
    /// For whatever has to be written.
    pub work: PathBuf,
    /// As the command has it.
    pub runtime: tokio::runtime::Runtime,
}

impl Setting {
    /// How long to measure a piece.
    fn effort(&self) -> rounds::Effort {
        match self.quick {
            true => rounds::Effort { time: Duration::from_millis(1_200), rounds: 5 },
            false => rounds::Effort { time: Duration::from_secs(5), rounds: 10 },
        }
    }
}

/// Something to be measured, which gives one or more rows whose names begin with its
/// own.
pub struct Piece {
    name: String,
    measure: Box<Measure>,
}

type Measure = dyn Fn(&Setting) -> Outcome<Vec<Row>>;

impl Piece {
    /// A measurement by name.
    pub fn new(
        name: impl Into<String>,
        measure: impl Fn(&Setting) -> Outcome<Vec<Row>> + 'static,
    ) -> Self {
        Self { name: name.into(), measure: Box::new(measure) }
    }

    /// Whether one of the words asked for is part of its name, or its name of one.
    fn is_asked_for(&self, asked: &[String]) -> bool {
        asked.is_empty()
            || asked.iter().any(|word| self.name.contains(word) || word.contains(&self.name))
    }
}

struct Arguments {
    json: bool,
    asked: Vec<String>,
    setting: Setting,
}

impl Arguments {
    fn read(arguments: &[String]) -> Outcome<Self> {
        let (mut quick, mut json, mut asked) = (false, false, Vec::new());
        let (mut signon, mut python, mut vrl, mut work) = (None, None, None, None);
        let mut arguments = arguments.iter().cloned();
        while let Some(argument) = arguments.next() {
            let mut path = || -> Outcome<PathBuf> {
                let path = arguments.next().ok_or(format!("{argument} needs a path"))?;
                Ok(std::path::absolute(path)?)
            };
            match argument.as_str() {
                "--quick" => quick = true,
                "--json" => json = true,
                "--signon" => signon = Some(path()?),
                "--python" => python = Some(path()?),
                "--vrl" => vrl = Some(path()?),
                "--work" => work = Some(path()?),
                other if other.starts_with('-') => {
                    return Err(format!("there is no option {other}").into());
                }
                _ => asked.push(argument),
            }
        }
        let signon = signon.ok_or("--signon says where the command is")?;
        let work = work.ok_or("--work names a folder to write into")?;
        std::fs::create_dir_all(&work)?;
        let runtime = signon_host::limits::runtime()?;
        Ok(Self { json, asked, setting: Setting { quick, signon, python, vrl, work, runtime } })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((word, rest)) if word == served::WORD => served::serve(rest).map(|()| true),
        _ if arguments.iter().any(|word| word == density::WORD) => {
            density(&arguments).map(|()| true)
        }
        _ => bench(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

/// `cargo xtask density`.
fn density(arguments: &[String]) -> Outcome<()> {
    let Arguments { mut asked, setting, .. } = Arguments::read(arguments)?;
    asked.retain(|word| word != density::WORD);
    let sources = match asked.as_slice() {
        [] => density::SOURCES,
        [sources] => sources.parse().map_err(|_| format!("{sources} is no number of sources"))?,
        _ => return Err("one number of sources".into()),
    };
    density::tell(&setting.signon, &setting.work, sources)
}

fn pieces() -> Vec<Piece> {
    pieces::all().into_iter().chain(runs::all()).collect()
}

/// Whether all bounds were kept.
fn bench(arguments: &[String]) -> Outcome<bool> {
    let Arguments { json, asked, setting } = Arguments::read(arguments)?;
    let pieces = pieces();
    let chosen: Vec<&Piece> = pieces.iter().filter(|piece| piece.is_asked_for(&asked)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
        return Err(format!("no row is named like that; there are: {}", names.join("; ")).into());
    }
    let machine = Machine::look(&setting.signon, setting.python.as_deref());
    let mut rows = Vec::new();
    for piece in chosen {
        let started = Instant::now();
        match (piece.measure)(&setting) {
            Ok(more) => rows.extend(more),
            Err(error) => rows.push(Row::failed(&piece.name, error)),
        }
        eprintln!("bench: {} ({:.1} s)", piece.name, started.elapsed().as_secs_f64());
    }
    match json {
        true => println!("{}", report::json_text(&machine, &rows)),
        false => print!("{}", report::table(&machine, &rows)),
    }
    let missed = report::missed(&rows);
    for row in &missed {
        eprintln!("bench: missed: {row}");
    }
    Ok(missed.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_chooses_what_has_it_in_its_name_and_a_whole_name_of_a_row_its_piece() {
        let piece = Piece::new("calls oci_audit", |_| Ok(Vec::new()));
        let asked = |word: &str| piece.is_asked_for(&[word.to_owned()]);
        assert!(piece.is_asked_for(&[]));
        assert!(asked("calls") && asked("audit") && asked("calls oci_audit: load, compiled"));
        assert!(!asked("normalize"));
    }

    #[test]
    fn no_two_measurements_have_the_same_name() {
        let mut names: Vec<String> = pieces().into_iter().map(|piece| piece.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
