//! Secrets, and where they are.
//!
//! Invariant: no value read here is ever shown, in whatever message.

use std::fmt;
use std::path::PathBuf;

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::keys::{KeyName, KeySpec, PartDescription, Presence, at_most_one, exactly_one, one};
use super::kind::Kind;
use super::list::{List, list};
use super::reader::{Field, Problems, Table};
use super::text::{PATH, Text};

/// Where a secret is. A file is read again whenever the secret is needed, so that
/// it can be changed without a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In the configuration, or the environment through it.
    Text(SecretText),
    /// In a file; blanks and line ends around it do not count.
    File(PathBuf),
    /// What a program writes to stdout: the program and its arguments.
    Command(Vec<String>),
}

/// A secret: wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// A secret.
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// A value that is never shown.
pub struct Hushed<K>(K);

/// The same kind, whose values are never shown.
pub fn hushed<K: Kind>(kind: K) -> Hushed<K> {
    Hushed(kind)
}

impl<K: Kind> Kind for Hushed<K> {
    type Value = K::Value;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<K::Value> {
        self.0.read(&field.hushed(), problems)
    }

    fn schema(&self) -> Json {
        self.0.schema()
    }
}

/// A passphrase. An empty one is none, so that `${PASSPHRASE:-}` serves keys of both
/// kinds.
pub struct Passphrase;

/// See [`Passphrase`].
pub const PASSPHRASE: Passphrase = Passphrase;

impl KeySpec for Passphrase {
    type Value = Option<SecretText>;

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<Self::Value> {
        match table.get(name.plain) {
            Some(field) => not_empty(&field, problems),
            None => Some(None),
        }
    }

    fn describe(&self, name: KeyName, help: &str) -> PartDescription {
        one(name, help, Text.schema(), Presence::Otherwise("none"))
    }
}

/// A secret in the configuration (`x`), in a file (`x_file`) or, where that is offered,
/// of a command (`x_command`).
pub struct Secret {
    command: bool,
}

/// A secret that a command may give, too, if `command` says so.
pub fn secret(command: bool) -> Secret {
    Secret { command }
}

impl Secret {
    /// The same where another key may make it needless.
    pub fn if_given(self) -> SecretIfGiven {
        SecretIfGiven(self)
    }

    /// Its keys: exactly one of them is to be there.
    fn given(
        &self,
        name: KeyName,
        table: &Table<'_>,
        problems: &mut Problems,
    ) -> Option<Option<SecretSource>> {
        let KeyName { plain, file, .. } = name;
        let command_field = if self.command { table.get(name.command) } else { None };
        let (text_field, file_field) = (table.get(plain), table.get(file));
        if let Some(field) = command_field {
            if text_field.is_some() || file_field.is_some() {
                let message = format!("goes with no {plain} and no {file}; remove one of them");
                field.wrong_key(problems, message);
                return None;
            }
            return command()
                .read(&field, problems)
                .map(|words| Some(SecretSource::Command(words)));
        }
        match (text_field, file_field) {
            (Some(_), Some(file)) => {
                file.wrong_key(problems, format!("goes with no {plain}; remove one of them"));
                None
            }
            (_, Some(file)) => {
                PATH.read(&file, problems).map(|path| Some(SecretSource::File(path)))
            }
            (Some(field), None) => match not_empty(&field, problems)? {
                Some(text) => Some(Some(SecretSource::Text(text))),
                None => {
                    field.wrong(problems, "is empty");
                    None
                }
            },
            (None, None) => Some(None),
        }
    }

    /// Tells that none of its keys is there.
    pub fn missing(name: &'static str, table: &mut Table<'_>, problems: &mut Problems) {
        table.require(problems, name, "a file that holds the secret and nothing else");
    }
}

impl KeySpec for Secret {
    type Value = SecretSource;

    fn names(&self, name: KeyName) -> Vec<&'static str> {
        let mut names = vec![name.plain, name.file];
        names.extend(self.command.then_some(name.command));
        names
    }

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<SecretSource> {
        let secret = self.given(name, table, problems)?;
        if secret.is_none() {
            Self::missing(name.file, table, problems);
        }
        secret
    }

    fn describe(&self, name: KeyName, help: &str) -> PartDescription {
        let mut described = SecretIfGiven(Self { command: self.command }).describe(name, help);
        described.rules = vec![exactly_one(&self.names(name))];
        for (key, otherwise) in described.keys.iter_mut().zip(NEEDED) {
            key.presence = Presence::Otherwise(otherwise);
        }
        described
    }
}

/// What the documentation says of the keys of a secret that is needed.
const NEEDED: [&str; 3] = ["one of these is needed", "", ""];

/// A secret that need not be there.
pub struct SecretIfGiven(Secret);

impl KeySpec for SecretIfGiven {
    type Value = Option<SecretSource>;

    fn names(&self, name: KeyName) -> Vec<&'static str> {
        self.0.names(name)
    }

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<Self::Value> {
        self.0.given(name, table, problems)
    }

    fn describe(&self, name: KeyName, help: &str) -> PartDescription {
        let none = Presence::Otherwise("none");
        let mut all = one(name, help, Text.schema(), none.clone());
        let mut add = |plain, help: &str, schema| {
            all.keys.extend(one(KeyName { plain, ..name }, help, schema, none.clone()).keys);
        };
        let plain = name.plain;
        let of_file = format!("A file that holds what `{plain}` is, and nothing else.");
        add(name.file, &of_file, PATH.schema());
        if self.0.command {
            let of_command = format!("A program that prints what `{plain}` is, and its arguments.");
            add(name.command, &of_command, command().schema());
        }
        all.rules.push(at_most_one(&self.names(name)));
        all
    }
}

/// A program and its arguments.
fn command() -> List<Text> {
    list(Text, "[\"pass\", \"show\", \"oracle\"]")
        .not_empty("; write the program and its arguments")
}

fn not_empty(field: &Field<'_>, problems: &mut Problems) -> Option<Option<SecretText>> {
    let text = Zeroizing::new(field.text(problems)?.to_owned());
    Some((!text.is_empty()).then_some(SecretText(text)))
}
