//! Makes the machine ready. What is there already is left alone, and then this
//! takes no time.

use std::env;

use crate::shell::{Failure, say};
use crate::{node, python};

/// `cargo xtask setup`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let known = |argument: &&String| ["--with-python", "--with-node"].contains(&argument.as_str());
    if let Some(other) = arguments.iter().find(|argument| !known(argument)) {
        return Err(Failure::usage(format!("setup does not know {other}")));
    }
    guests()?;
    of_others(arguments);
    Ok(())
}

/// Installs what some tests hold us against, as far as it is asked for.
pub fn of_others(arguments: &[String]) {
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if asked("--with-python") {
        python::install();
    }
    if asked("--with-node") {
        node::install();
    }
}

/// Sees to it that the components can be built, and says how.
pub fn guests() -> Result<(), Failure> {
    if let Some(folder) = env::var_os("SIGNON_COMPONENTS") {
        say(format!("components: finished ones from {}", folder.display()));
        return Ok(());
    }
    let mut step = |line: &str| say(line);
    let toolchain = guest_toolchain::install(&mut step).map_err(Failure::new)?;
    say(format!("components: {toolchain}"));
    Ok(())
}
