//! Makes the machine ready. What is there already is left alone, and then this
//! takes no time.

use std::env;

use crate::python;
use crate::shell::{Failure, say};

/// `cargo xtask setup`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let with_python = match arguments {
        [] => false,
        [flag] if flag == "--with-python" => true,
        other => return Err(Failure::usage(format!("setup does not know {}", other.join(" ")))),
    };
    guests()?;
    if with_python {
        python::install();
    }
    Ok(())
}

/// Sees to it that the components can be built, and says how.
pub fn guests() -> Result<(), Failure> {
    if let Some(folder) = env::var_os("SIGNON_COMPONENTS") {
        say(format!("components: finished ones from {}", folder.display()));
        return Ok(());
    }
    let mut step = |line: &str| say(line);
    let road = guest_toolchain::install(&mut step).map_err(Failure::new)?;
    say(format!("components: {road}"));
    Ok(())
}
