//! What compiling a component would take, told before it is compiled.
//!
//! A compiler's time and memory grow with how many branches of a function meet how many
//! of its local variables, and with how deep its blocks lie in each other: some hundred
//! kilobytes made for it take minutes and gigabytes, and nothing ends a compiler at its
//! work. So that is counted first, in one pass over the bytes. Invariant: what passes is
//! compiled within some minutes and one gigabyte. What is no component passes, too: the
//! compiler says so better.

use std::collections::HashSet;

use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// Most functions. A hundred thousand empty ones take 600 MB; the built-ins have a
/// thousand, interpreters of other languages some twenty thousand.
const FUNCTIONS: u64 = 50_000;

/// Most work for one function. The heaviest of a built-in has a sixteenth of it; at the
/// bound a function takes some ten seconds and half a gigabyte.
const OF_ONE: u64 = 8_000_000;

/// Most work for all functions, which costs time alone: they are compiled one by one. A
/// built-in of one MiB has a fortieth of it, so that sixteen MiB of the same pass.
const OF_ALL: u64 = 96_000_000;

/// Why a component should not be compiled; `None` where nothing speaks against it.
pub fn too_heavy(component: &[u8]) -> Option<String> {
    let (mut functions, mut all) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::CodeSectionStart { count, .. }) => {
                functions += u64::from(count);
                if functions > FUNCTIONS {
                    return Some(format!("it has {functions} functions or more, of {FUNCTIONS}"));
                }
            }
            Ok(Payload::CodeSectionEntry(body)) => {
                let function = Function::of(&body);
                if function.work() > OF_ONE {
                    return Some(format!(
                        "a function of {} bytes has {} branches, {} deep, among {} variables",
                        body.range().len(),
                        function.branches,
                        function.depth,
                        function.variables
                    ));
                }
                all += function.work();
                if all > OF_ALL {
                    return Some("its functions have too many branches and variables".to_owned());
                }
            }
            Ok(_) => {}
            Err(_) => return None,
        }
    }
    None
}

/// What of a function costs a compiler.
#[derive(Debug, Default)]
struct Function {
    /// Places where it goes one way or another.
    branches: u64,
    /// Blocks within blocks.
    depth: u64,
    /// Local variables that are used.
    variables: u64,
}

impl Function {
    fn of(body: &FunctionBody<'_>) -> Self {
        let (mut found, mut depth, mut used) = (Self::default(), 0_u64, HashSet::new());
        let Ok(operators) = body.get_operators_reader() else { return found };
        // What cannot be read is not compiled, either: what stands before it counts.
        for operator in operators.into_iter().map_while(Result::ok) {
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    found.branches += 1;
                    depth += 1;
                    found.depth = found.depth.max(depth);
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::BrTable { targets } => found.branches += 1 + u64::from(targets.len()),
                Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } => {
                    found.branches += 1;
                }
                Operator::LocalGet { local_index }
                | Operator::LocalSet { local_index }
                | Operator::LocalTee { local_index } => {
                    used.insert(local_index);
                }
                _ => {}
            }
        }
        found.variables = used.len() as u64;
        found
    }

    fn work(&self) -> u64 {
        self.branches.saturating_mul(self.variables.saturating_add(self.depth))
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        BlockType, CodeSection, Component, Function as Made, FunctionSection, Instruction, Module,
        ModuleSection, TypeSection, ValType,
    };

    use super::*;

    /// A component around a module of that many functions, all alike.
    fn component(count: u32, function: &Made) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for _ in 0..count {
            functions.function(0);
            code.function(function);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        let mut component = Component::new();
        component.section(&ModuleSection(&module));
        component.finish()
    }

    /// Blocks one behind the other, each with a branch and a variable of its own.
    fn branching(blocks: u32, variables: u32) -> Made {
        let mut made = Made::new([(variables, ValType::I32)]);
        for block in 0..blocks {
            made.instruction(&Instruction::Loop(BlockType::Empty));
            made.instruction(&Instruction::LocalGet(block % variables));
            made.instruction(&Instruction::BrIf(0));
            made.instruction(&Instruction::End);
        }
        made.instruction(&Instruction::End);
        made
    }

    fn nested(depth: u32) -> Made {
        let mut made = Made::new([]);
        for _ in 0..depth {
            made.instruction(&Instruction::Block(BlockType::Empty));
        }
        for _ in 0..=depth {
            made.instruction(&Instruction::End);
        }
        made
    }

    #[test]
    fn what_compilers_choke_on_is_told_by_its_kind() {
        let cases = [
            (component(50_001, &nested(0)), "functions"),
            (component(1, &branching(20_000, 1_000)), "branches"),
            (component(1, &branching(4_000, 4_000)), "variables"),
            (component(1, &nested(5_000)), "deep"),
            (component(60, &branching(1_000, 1_000)), "too many"),
        ];
        for (bytes, word) in cases {
            let problem = too_heavy(&bytes).unwrap();
            assert!(problem.contains(word), "{problem}");
        }
    }

    #[test]
    fn what_compilers_make_passes_by_far_and_so_does_what_is_none() {
        for built_in in signon_bundle::BUILT_INS {
            assert_eq!(too_heavy(built_in.bytes), None, "{}", built_in.name);
            let (mut most, mut all) = (0, 0);
            for payload in Parser::new(0).parse_all(built_in.bytes) {
                if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                    let work = Function::of(&body).work();
                    (most, all) = (most.max(work), all + work);
                }
            }
            assert!(most < OF_ONE / 10 && all < OF_ALL / 20, "{}: {most}, {all}", built_in.name);
        }
        assert_eq!(too_heavy(&component(50_000, &nested(0))), None);
        assert_eq!(too_heavy(b"no component"), None);
    }
}
