//! The kinds of sinks there are: one row each.

use super::file::FileSinkConfig;
use super::http::HttpSinkConfig;
use super::kind::{OpenSink, SinkType};
use super::otlp::OtlpSinkConfig;
use super::splunk::SplunkSinkConfig;
use super::stdout::StdoutSinkConfig;
use crate::render::Format;
use crate::schema::Variant;

/// From one list: the kinds, and what is said of each.
macro_rules! sinks {
    ($($Kind:ident: $Config:ty,)*) => {
        /// A sink's kind, and what it needs.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum SinkKind {
            $(#[doc = concat!("See [`", stringify!($Config), "`].")] $Kind(Box<$Config>),)*
        }

        $(impl From<$Config> for SinkKind {
            fn from(config: $Config) -> Self {
                Self::$Kind(Box::new(config))
            }
        })*

        impl SinkKind {
            /// As `type` names it.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$Kind(_) => <$Config as SinkType>::NAME,)*
                }
            }
        }

        impl std::ops::Deref for SinkKind {
            type Target = dyn OpenSink;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$Kind(config) => config.as_ref(),)*
                }
            }
        }

        /// All of them.
        pub const SINK_TYPES: &[SinkRow] = &[$(SinkRow::of::<$Config>(),)*];
    };
}

sinks! {
    File: FileSinkConfig,
    Stdout: StdoutSinkConfig,
    Http: HttpSinkConfig,
    Otlp: OtlpSinkConfig,
    SplunkHec: SplunkSinkConfig,
}

/// What is known of a kind before a sink of it is read.
pub struct SinkRow {
    /// Its name, and its own keys.
    pub keys: Variant<SinkKind>,
    /// The only format it can send, if there is but one.
    pub only_format: Option<Format>,
}

impl SinkRow {
    const fn of<C: SinkType>() -> Self
    where
        SinkKind: From<C>,
    {
        Self { keys: Variant::of::<C>(C::NAME, C::HELP), only_format: C::ONLY_FORMAT }
    }

    /// The row of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SINK_TYPES.iter().find(|row| row.keys.name == name)
    }
}
