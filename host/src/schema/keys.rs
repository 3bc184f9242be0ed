//! Tables of keys: each says the name of a key, what it may hold, what holds where it is
//! left out, and what it means.

use serde_json::{Value as Json, json};

use super::kind::{Kind, Needed, Optional, Or, Shown};
use super::reader::{Problems, Table};

/// A table of keys, and what is read from it. Made by [`keys!`].
pub trait Part: Sized {
    /// Its keys, in the order in which they are told.
    fn names() -> Vec<&'static str>;

    /// What is said of each.
    fn describe() -> PartDescription;

    /// Reads all of them, also after one was wrong.
    fn read(table: &mut Table<'_>, problems: &mut Problems) -> Option<Self>;
}

/// What becomes of keys that hang together.
pub trait Checked: Sized {
    /// The keys.
    type Keys: Part;

    /// Looks at them together; each by itself is right.
    fn check(keys: Self::Keys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self>;

    /// What JSON Schema can say of how they hang together.
    fn rules() -> Vec<Json> {
        Vec::new()
    }

    /// Reads and checks them.
    fn read_checked(table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let keys = Self::Keys::read(table, problems)?;
        Self::check(keys, table, problems)
    }

    /// What is said of the keys, and of how they hang together.
    fn describe_checked() -> PartDescription {
        let mut description = Self::Keys::describe();
        description.rules.extend(Self::rules());
        description
    }
}

/// Keys that do not hang together.
impl<P: Part> Checked for P {
    type Keys = P;

    fn check(keys: P, _: &mut Table<'_>, _: &mut Problems) -> Option<P> {
        Some(keys)
    }
}

/// What is said of a part's keys.
#[derive(Debug, Clone, Default)]
pub struct PartDescription {
    /// In the order in which they are told.
    pub keys: Vec<KeyDescription>,
    /// Schemas that the table as a whole has to fit.
    pub rules: Vec<Json>,
}

impl FromIterator<Self> for PartDescription {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.keys.extend(part.keys);
            all.rules.extend(part.rules);
        }
        all
    }
}

/// What is said of a key.
#[derive(Debug, Clone)]
pub struct KeyDescription {
    pub name: &'static str,
    /// What it means, in Markdown.
    pub help: String,
    /// What it may hold.
    pub schema: Json,
    /// Whether it has to be there.
    pub presence: Presence,
}

/// Whether a key has to be there.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// It has.
    Needed,
    /// That holds where it is left out.
    Default(Json),
    /// The same in words.
    Otherwise(&'static str),
}

/// The name of a key, and of those that stand for it.
#[derive(Debug, Clone, Copy)]
pub struct KeyName {
    pub plain: &'static str,
    /// A file that holds the value.
    pub file: &'static str,
    /// A program that prints it.
    pub command: &'static str,
}

/// What a row of the table says of a key beside its name.
pub trait KeySpec {
    type Value;

    /// The keys of the row: one but for secrets.
    fn names(&self, name: KeyName) -> Vec<&'static str> {
        vec![name.plain]
    }

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<Self::Value>;

    fn describe(&self, name: KeyName, help: &str) -> PartDescription;
}

impl<K: Kind> KeySpec for Needed<K> {
    type Value = K::Value;

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<K::Value> {
        let example = format!("{} = {}", name.plain, self.example);
        let field = table.require(problems, name.plain, &example)?;
        self.kind.read(&field, problems)
    }

    fn describe(&self, name: KeyName, help: &str) -> PartDescription {
        one(name, help, self.kind.schema(), Presence::Needed)
    }
}

impl<K: Shown> KeySpec for Or<K>
where
    K::Value: Clone,
{
    type Value = K::Value;

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<K::Value> {
        match table.get(name.plain) {
            Some(field) => self.kind.read(&field, problems),
            None => Some(self.default.clone()),
        }
    }

    fn describe(&self, name: KeyName, help: &str) -> PartDescription {
        let default = self.kind.shown(&self.default);
        one(name, help, self.kind.schema(), Presence::Default(default))
    }
}

impl<K: Kind> KeySpec for Optional<K> {
    type Value = Option<K::Value>;

    fn read(
        &self,
        name: KeyName,
        table: &mut Table<'_>,
        problems: &mut Problems,
    ) -> Option<Self::Value> {
        match table.get(name.plain) {
            Some(field) => self.kind.read(&field, problems).map(Some),
            None => Some(None),
        }
    }

    fn describe(&self, name: KeyName, help: &str) -> PartDescription {
        one(name, help, self.kind.schema(), Presence::Otherwise(self.otherwise))
    }
}

/// The description of one key.
pub fn one(name: KeyName, help: &str, schema: Json, presence: Presence) -> PartDescription {
    let help = help.trim().to_owned();
    let keys = vec![KeyDescription { name: name.plain, help, schema, presence }];
    PartDescription { keys, rules: Vec::new() }
}

/// The rule that exactly one of some keys is there.
pub fn exactly_one(names: &[&str]) -> Json {
    let there = |name: &&str| json!({ "required": [name] });
    json!({ "oneOf": names.iter().map(there).collect::<Vec<_>>() })
}

/// The rule that one of some keys is there at most.
pub fn at_most_one(names: &[&str]) -> Json {
    let there = names.iter().map(|name| json!({ "required": [name] }));
    let none = json!({ "not": { "anyOf": there.clone().collect::<Vec<_>>() } });
    json!({ "oneOf": there.chain([none]).collect::<Vec<_>>() })
}

/// A table of keys: a struct whose fields are its keys. The comment of a field is what
/// its key means, for the documentation and for editors, too. `..name: Part` takes the
/// keys of another table in.
macro_rules! keys {
    (
        $(#[$meta:meta])* $vis:vis struct $Part:ident {
            $($(#[doc = $help:literal])+ $key_vis:vis $key:ident: $type:ty = $spec:expr;)*
            $(..$rest_vis:vis $rest:ident: $Rest:ty;)*
        }
    ) => {
        $(#[$meta])*
        $vis struct $Part {
            $($(#[doc = $help])+ $key_vis $key: $type,)*
            $(#[doc = "Keys that others have, too."] $rest_vis $rest: $Rest,)*
        }

        impl $crate::schema::Part for $Part {
            fn names() -> Vec<&'static str> {
                #[allow(unused_imports, reason = "a table may have no keys")]
                use $crate::schema::{KeySpec as _, Part, keys};
                let own: Vec<Vec<_>> =
                    vec![$(keys!(@spec $type, $spec).names(keys!(@name $key)),)*];
                let rest: Vec<Vec<_>> = vec![$(<$Rest as Part>::names(),)*];
                own.into_iter().chain(rest).flatten().collect()
            }

            fn describe() -> $crate::schema::PartDescription {
                #[allow(unused_imports, reason = "a table may have no keys")]
                use $crate::schema::{KeySpec as _, Part, PartDescription, keys};
                let own: Vec<PartDescription> = vec![$(
                    keys!(@spec $type, $spec).describe(keys!(@name $key), concat!($($help),+)),
                )*];
                let rest: Vec<PartDescription> = vec![$(<$Rest as Part>::describe(),)*];
                own.into_iter().chain(rest).collect()
            }

            #[allow(unused_variables, reason = "a table may have no keys")]
            fn read(
                table: &mut $crate::schema::Table<'_>,
                problems: &mut $crate::schema::Problems,
            ) -> Option<Self> {
                #[allow(unused_imports, reason = "a table may have no keys")]
                use $crate::schema::{KeySpec as _, Part, keys};
                $(let $key = keys!(@spec $type, $spec).read(keys!(@name $key), table, problems);)*
                $(let $rest = <$Rest as Part>::read(table, problems);)*
                Some(Self { $($key: $key?,)* $($rest: $rest?,)* })
            }
        }
    };
    // The type of the field says which kind of several that the row may mean.
    (@spec $type:ty, $spec:expr) => {{
        fn spec() -> impl $crate::schema::KeySpec<Value = $type> {
            $spec
        }
        spec()
    }};
    (@name $key:ident) => {
        $crate::schema::KeyName {
            plain: stringify!($key),
            file: concat!(stringify!($key), "_file"),
            command: concat!(stringify!($key), "_command"),
        }
    };
}

pub(crate) use keys;
