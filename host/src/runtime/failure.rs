//! From whatever ended a call to an error that names the component, the call and,
//! where one was exceeded, the limit.

use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

use super::error::SandboxError;
use crate::limits::Limits;

/// A computing budget that ran out.
#[derive(Debug, thiserror::Error)]
#[error("computed for too long")]
pub struct OutOfTicks;

/// The wall clock ran out.
#[derive(Debug, thiserror::Error)]
#[error("took too long")]
pub struct OutOfTime;

/// What wasmtime says where it has no type for it. The gallery of hostile
/// components shows that these texts still are what it says.
const TEXTS: [(&str, &str); 3] = [
    ("fuel allocated for hostcalls has been exhausted", "lifted_bytes"),
    ("store handle limit exceeded", "handles"),
    ("requested len", "random_bytes"),
];

/// Who called what, under which limits.
#[derive(Debug, Clone, Copy)]
pub struct Called<'c> {
    pub source: &'c str,
    pub component: &'c str,
    pub call: &'static str,
    pub limits: &'c Limits,
}

impl Called<'_> {
    /// A limit was exceeded.
    pub fn exceeded(&self, limit: &'static str) -> SandboxError {
        let named = self.source != self.component;
        SandboxError::LimitExceeded {
            name: self.component.to_owned(),
            owner: if named { format!(" of source {}", self.source) } else { String::new() },
            limit,
            value: self.limits.shown(limit),
            call: self.call,
        }
    }

    /// Names what ended the call. `refused` is what the meter refused in it.
    pub fn failure(&self, refused: Option<&'static str>, error: &wasmtime::Error) -> SandboxError {
        if error.is::<OutOfTicks>() {
            return self.exceeded("cpu_ticks");
        }
        if error.is::<OutOfTime>() {
            return self.exceeded("wall_time");
        }
        if let Some(limit) = refused {
            return self.exceeded(limit);
        }
        if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
            return self.exceeded("handles");
        }
        // The trap itself is the innermost cause; what wraps it is the stack.
        let cause = error.chain().last().map(ToString::to_string).unwrap_or_default();
        if let Some((_, limit)) = TEXTS.iter().find(|(text, _)| cause.contains(text)) {
            return self.exceeded(limit);
        }
        if matches!(error.downcast_ref(), Some(Trap::StackOverflow)) {
            let problem = "its stack of 512 KiB overflowed, which no setting raises".to_owned();
            return self.trap(problem);
        }
        let stack = error.to_string();
        let at = stack.lines().find(|line| line.contains('!')).unwrap_or_default().trim();
        self.trap(if at.is_empty() { cause } else { format!("{cause} at {at}") })
    }

    fn trap(&self, problem: String) -> SandboxError {
        SandboxError::Trap { name: self.component.to_owned(), call: self.call, problem }
    }
}
