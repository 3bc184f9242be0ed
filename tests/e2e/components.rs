//! Component files that are none, or want too much: each is refused in one message
//! that says what it is and what to do.

use std::path::PathBuf;

use tempfile::TempDir;
use wasm_encoder::{
    BlockType, CodeSection, Component, ComponentImportSection, ComponentTypeRef,
    ComponentTypeSection, Function, FunctionSection, InstanceType, Instruction, MemorySection,
    MemoryType, Module, ModuleSection, NestedComponentSection, TypeSection, ValType,
};

use crate::support::{COMPILED_DIR, Finished, Service, options, run, signon};

/// The bytes of the built-in component.
fn oci_audit() -> &'static [u8] {
    signon_bundle::find("oci_audit").unwrap().bytes
}

/// A component that imports instances of these names and does nothing.
fn importing(names: &[&str]) -> Vec<u8> {
    let mut types = ComponentTypeSection::new();
    types.instance(&InstanceType::new());
    let mut imports = ComponentImportSection::new();
    for name in names {
        imports.import(*name, ComponentTypeRef::Instance(0));
    }
    let mut component = Component::new();
    component.section(&types).section(&imports);
    component.finish()
}

/// A file of a test's own.
struct File {
    // Goes with the value.
    _folder: TempDir,
    path: PathBuf,
}

impl File {
    fn of(name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self { _folder: folder, path }
    }

    /// The message with which `inspect` refuses it, which names the file.
    fn refusal(&self) -> String {
        let finished = Finished::of(signon(["inspect"]).arg(&self.path));
        let message = finished.refusal(1).to_owned();
        assert!(message.contains(self.path.to_str().unwrap()), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(finished.stdout, "");
        message
    }
}

#[test]
fn a_whole_component_file_is_as_good_as_the_built_in() {
    let file = File::of("whole.wasm", oci_audit());
    let from_file = Finished::of(signon(["inspect"]).arg(&file.path)).success().stdout;
    let built_in = Finished::of(&mut signon(["inspect", "oci_audit"])).success().stdout;
    assert_eq!(from_file, built_in);
}

#[test]
fn a_component_cut_off_is_refused_wherever_it_was_cut() {
    let bytes = oci_audit();
    for length in [8, 100, bytes.len() / 2, bytes.len() - 1] {
        let message = File::of("cut.wasm", &bytes[..length]).refusal();
        assert!(message.contains("is the file whole") || message.contains("does not offer"));
    }
}

#[test]
fn an_empty_file_and_a_text_are_no_components() {
    for (name, bytes) in [
        ("empty.wasm", &b""[..]),
        ("text.wasm", b"(component)"),
        ("page.wasm", b"<html>404</html>"),
    ] {
        let message = File::of(name, bytes).refusal();
        assert!(message.contains("not a WebAssembly component"), "{message}");
        assert!(message.contains("is the file whole"), "{message}");
    }
}

#[test]
fn a_core_module_is_no_component() {
    let message = File::of("module.wasm", b"\0asm\x01\0\0\0").refusal();
    assert!(message.contains("not a WebAssembly component"), "{message}");
    assert!(message.contains("wit-component or cargo-component"), "{message}");
}

#[test]
fn a_component_that_wants_files_is_told_what_it_may_not_have() {
    let wanted = ["wasi:filesystem/types@0.2.0", "wasi:filesystem/preopens@0.2.0"];
    let all = [wanted[0], "wasi:clocks/wall-clock@0.2.0", wanted[1]];
    let message = File::of("files.wasm", &importing(&all)).refusal();
    for name in wanted {
        assert!(message.contains(name), "{name}: {message}");
    }
    assert!(!message.contains("wasi:clocks/wall-clock"), "that one is allowed: {message}");
    assert!(message.contains("allowed are wasi:http, wasi:io"), "{message}");
    assert!(message.contains("wasm32-unknown-unknown"), "{message}");
}

#[test]
fn a_component_that_offers_nothing_is_told_what_to_offer() {
    let message = File::of("idle.wasm", &importing(&["wasi:io/error@0.2.0"])).refusal();
    assert!(message.contains("does not offer signon:source/source@0.1.0"), "{message}");
}

#[test]
fn a_component_file_that_is_not_there_is_named() {
    let finished = Finished::of(&mut signon(["inspect", "no/such.wasm"]));
    let message = finished.refusal(1);
    assert!(message.contains("no/such.wasm"), "{message}");
    assert!(message.contains("No such file") || message.contains("not find"), "{message}");
}

#[test]
fn a_built_in_has_one_spelling_which_a_slip_is_shown() {
    let message = Finished::of(&mut signon(["inspect", "oci-audit"])).refusal(1).to_owned();
    assert!(message.contains("components built in are oci_audit, idcs, oam"), "{message}");
    let mut simulate = signon(["simulate", "--services", "oci-audit", "--write-config", "none"]);
    let finished = Finished::of(&mut simulate);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("known are oci_audit, idcs, oam"), "{}", finished.stderr);
}

#[test]
fn a_component_from_a_file_reaches_only_what_the_operator_allows() {
    let service = Service::start(options());
    std::fs::write(service.path("own.wasm"), oci_audit()).unwrap();
    let own = service.config().replace("type = \"oci_audit\"", "component = \"own.wasm\"");
    let config = own.write("denied.toml");
    let denied = service.once(&config);
    let message = denied.refusal(1);
    assert!(message.contains("is not granted") && message.contains("`allow`"), "{message}");
    assert!(denied.stderr.contains("no grant allows it"), "{}", denied.stderr);
    assert_eq!(service.simulator.statistics().requests, 0);

    let allow = format!(
        "allow = [{{ origin = {:?}, methods = [\"GET\"], path_prefix = \"/\" }}]",
        service.simulator.http_url()
    );
    let config = own.replace("tenant = ", &format!("{allow}\ntenant = ")).write("allowed.toml");
    service.once(&config).success();
    service.assert_complete();
}

#[test]
fn one_source_with_a_bad_component_stops_alone() {
    let service = Service::start(options());
    std::fs::write(service.path("bad.wasm"), b"nothing").unwrap();
    let bad = "\n[sources.bad]\ncomponent = \"bad.wasm\"\n\n[sinks.bad]\ntype = \"stdout\"\n\
               inputs = [\"bad\"]\n";
    let config = service.path("two.toml");
    std::fs::write(&config, service.config().text() + bad).unwrap();
    let finished = service.once(&config);
    let message = finished.refusal(1);
    assert!(message.starts_with("source bad: component "), "{message}");
    service.assert_complete();
}

#[test]
fn a_hostile_component_ends_alone_and_its_error_names_source_limit_and_setting() {
    let service = Service::start(options());
    std::fs::write(service.path("hostile.wasm"), hostile_components::HOSTILE).unwrap();
    let hostile = "\n[sources.mallory]\ncomponent = \"hostile.wasm\"\nattack = \"loop\"\n\
                   limits = { cpu_ticks = 30, memory_bytes = 33554432, wall_time = \"1m\" }\n\n\
                   [sinks.mallory]\ntype = \"stdout\"\ninputs = [\"mallory\"]\n";
    let config = service.path("two.toml");
    std::fs::write(&config, service.config().text() + hostile).unwrap();
    let finished = service.once(&config);
    let message = finished.refusal(1);
    assert!(message.starts_with("source mallory: component "), "{message}");
    assert!(message.contains("of source mallory: exceeded its limit cpu_ticks (30)"), "{message}");
    assert!(message.contains("raise limits.cpu_ticks"), "{message}");
    service.assert_complete();
}

#[test]
fn a_limit_that_is_none_is_refused_with_its_bounds() {
    let service = Service::start(options());
    for (limits, expected) in [
        ("{ memory = 1 }", "unknown key"),
        ("{ cpu_ticks = 0 }", "a whole number from 1 to 360000"),
        ("{ memory_bytes = 5000000000 }", "a whole number from 1 to 4294967296"),
        ("{ wall_time = 5 }", "a time span with its unit"),
        ("{ wall_time = \"0s\" }", "a time span from"),
    ] {
        let config = service.config().set("limits", limits).write("limits.toml");
        let finished = service.once(&config);
        let message = finished.refusal(2);
        assert!(message.contains(expected), "{limits}: {message}");
    }
}

/// A configuration with a source of this component file beside the honest one.
fn with_component(service: &Service, component: &str) -> PathBuf {
    let more = format!(
        "\n[sources.own]\ncomponent = {component}\n\n[sinks.own]\ntype = \"stdout\"\n\
         inputs = [\"own\"]\n"
    );
    let config = service.path("own.toml");
    std::fs::write(&config, service.config().text() + &more).unwrap();
    config
}

fn check(config: &std::path::Path) -> Finished {
    Finished::of(signon(["check", "--config"]).arg(config))
}

#[test]
fn a_pinned_component_is_the_one_that_was_pinned_or_none() {
    use sha2::Digest as _;
    let service = Service::start(options());
    std::fs::write(service.path("chatty.wasm"), hostile_components::CHATTY).unwrap();
    let digest = sha2::Sha256::digest(hostile_components::CHATTY);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let pinned = |digest: &str| {
        let table =
            format!("{{ path = \"chatty.wasm\", sha256 = \"{digest}\", imports = \"void-cli\" }}");
        check(&with_component(&service, &table))
    };
    pinned(&digest).success();
    pinned(&format!("sha256:{}", digest.to_uppercase())).success();
    let other =
        pinned(&digest.replace(&digest[..1], if digest.starts_with('0') { "1" } else { "0" }));
    let told = other.stdout.clone() + &other.stderr;
    assert!(told.contains("SHA-256") && told.contains(&digest), "{told}");
    assert_eq!(other.code, Some(1));
    let short = pinned("abc");
    assert!(short.refusal(2).contains("64 hexadecimal digits"));
}

#[test]
fn a_component_of_another_tool_chain_gets_a_command_line_with_nothing_in_it() {
    let service = Service::start(options());
    std::fs::write(service.path("chatty.wasm"), hostile_components::CHATTY).unwrap();
    let refused = check(&with_component(&service, "\"chatty.wasm\""));
    let told = refused.stdout.clone() + &refused.stderr;
    assert!(told.contains("wasi:cli/environment") && told.contains("void-cli"), "{told}");

    let table = "{ path = \"chatty.wasm\", imports = \"void-cli\" }";
    let config = with_component(&service, table);
    let mut command = signon(["check", "--config"]);
    let finished = Finished::of(command.arg(&config).env("SIGNON_LOG", "info")).success();
    let seen = "0 variables, 0 arguments, 0 folders, directory None, terminal false, \
                input false, said true";
    assert!(finished.stdout.contains(seen), "{}", finished.stdout);
    let log = &finished.stderr;
    assert!(log.contains("Guest wrote.") && log.contains("hello from [2J inside"), "{log}");
    assert!(log.len() < 64 << 10, "a guest does not choose how long the log is");
}

#[test]
fn a_component_larger_than_its_limit_is_not_compiled() {
    let service = Service::start(options());
    std::fs::write(service.path("large.wasm"), vec![0; 2 << 20]).unwrap();
    let config = with_component(&service, "\"large.wasm\"\nlimits = { component_bytes = 1048576 }");
    let finished = check(&config);
    let told = finished.stdout.clone() + &finished.stderr;
    assert!(told.contains("component_bytes (1048576)"), "{told}");
}

/// A component around a module of these functions.
fn around(functions: &[Function], memories: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let (mut kinds, mut code, mut memory) =
        (FunctionSection::new(), CodeSection::new(), MemorySection::new());
    for function in functions {
        kinds.function(0);
        code.function(function);
    }
    let kind = MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    for _ in 0..memories {
        memory.memory(kind);
    }
    let mut module = Module::new();
    module.section(&types).section(&kinds).section(&memory).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    component.finish()
}

/// A function of blocks that each branch on a variable of its own; or that lie in each
/// other.
fn blocks(count: u32, variables: u32, is_nested: bool) -> Function {
    let mut made = Function::new([(variables, ValType::I32)]);
    for block in 0..count {
        made.instruction(&Instruction::Loop(BlockType::Empty));
        made.instruction(&Instruction::LocalGet(block % variables));
        made.instruction(&Instruction::BrIf(0));
        if !is_nested {
            made.instruction(&Instruction::End);
        }
    }
    for _ in 0..if is_nested { count } else { 0 } {
        made.instruction(&Instruction::End);
    }
    made.instruction(&Instruction::End);
    made
}

#[test]
fn a_component_made_to_choke_its_compiler_is_refused_at_once_and_others_go_on() {
    let nested = (0..3_000).fold(Component::new(), |inner, _| {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&inner));
        outer
    });
    let cases = [
        // Each of the first four took more than a minute or more than three gigabytes.
        (around(&vec![blocks(0, 1, false); 1_000_000], 0), "would take minutes or gigabytes"),
        (around(&[blocks(300_000, 1_000, false)], 0), "would take minutes or gigabytes"),
        (around(&[blocks(400_000, 40_000, false)], 0), "would take minutes or gigabytes"),
        (around(&[blocks(50_000, 1, true)], 0), "would take minutes or gigabytes"),
        (around(&vec![blocks(50, 10, false); 1_000], 0), "does not offer"),
        (around(&[blocks(1, 1, false)], 100), "memory"),
        (nested.finish(), "component nested.wasm"),
    ];
    let service = Service::start(options());
    let mut sources = String::new();
    for (number, (bytes, _)) in cases.iter().enumerate() {
        std::fs::write(service.path(&format!("c{number}.wasm")), bytes).unwrap();
        sources += &format!(
            "\n[sources.c{number}]\ncomponent = \"c{number}.wasm\"\n\n[sinks.s{number}]\n\
             type = \"stdout\"\ninputs = [\"c{number}\"]\n"
        );
    }
    // No file at all, but for its end.
    let sparse = std::fs::File::create(service.path("sparse.wasm")).unwrap();
    std::io::Write::write_all(&mut &sparse, b"\0asm\x0d\0\x01\0").unwrap();
    sparse.set_len(100 << 20).unwrap();
    sources += "\n[sources.big]\ncomponent = \"sparse.wasm\"\n\n[sinks.big]\n\
                type = \"stdout\"\ninputs = [\"big\"]\n";
    let config = service.path("many.toml");
    std::fs::write(&config, service.config().text() + &sources).unwrap();
    let finished = service.once(&config);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let told = |source: &str| {
        let start = format!("source {source}: ");
        let found = finished.stderr.lines().find(|line| line.contains(&start));
        found.unwrap_or_else(|| panic!("{source}: {}", finished.stderr)).to_owned()
    };
    for (number, (_, expected)) in cases.iter().enumerate() {
        let line = told(&format!("c{number}"));
        let expected = expected.replace("component nested.wasm", &format!("c{number}.wasm"));
        assert!(line.contains(&expected), "{line}");
    }
    assert!(told("big").contains("component_bytes (16777216)"), "{}", told("big"));
    service.assert_complete();
}

/// The files of compiled code below a state folder.
#[cfg(unix)]
fn compiled(service: &Service) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(service.path("state/compiled")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[cfg(unix)]
#[test]
fn compiled_code_is_kept_in_private_and_whatever_is_wrong_with_it_is_made_anew() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let service = Service::start(options());
    let collect = || {
        let mut command = run(&service.path("signon.toml"), true);
        Finished::of(command.env_remove(COMPILED_DIR)).success()
    };
    collect();
    let folder = service.path("state/compiled");
    assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    let files = compiled(&service);
    assert_eq!(files.len(), 1, "{files:?}");
    let file = &files[0];
    assert_eq!(std::fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    let whole = std::fs::read(file).unwrap();
    let inode = || std::fs::metadata(file).unwrap().ino();

    // Whole, it is used as it is.
    let before = inode();
    collect();
    assert_eq!(inode(), before, "what is whole is not written again");

    // Cut, changed or of another kind, it is passed over and written anew.
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for damaged in [&whole[..whole.len() / 2], &changed, &b""[..], &whole[52..]] {
        std::fs::write(file, damaged).unwrap();
        collect();
        assert_eq!(std::fs::read(file).unwrap(), whole);
    }

    // A file that others may write, or a link, is none of ours.
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o666)).unwrap();
    collect();
    assert_eq!(std::fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    let elsewhere = service.path("elsewhere");
    std::fs::rename(file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, file).unwrap();
    collect();
    assert!(std::fs::symlink_metadata(file).unwrap().is_file());

    // A folder that others may look into is not used at all.
    std::fs::remove_file(file).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let finished = collect();
    assert!(finished.stderr.contains("Compiled code not kept."), "{}", finished.stderr);
    assert_eq!(compiled(&service), Vec::<PathBuf>::new());
    service.assert_complete();
}
