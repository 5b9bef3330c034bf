//! What a static binary needs beside cargo: a C compiler for ring, and a
//! linker where the target is not this machine's architecture.

use std::path::{Path, PathBuf};

use deployer_core::Failure;

use super::CompileRequest;

const X86_64: &str = "x86_64-unknown-linux-musl";
const AARCH64: &str = "aarch64-unknown-linux-musl";

/// The profile whose binaries must not hold this machine's paths.
const DISTRIBUTION_PROFILE: &str = "dist";

/// What the decision depends on.
pub(super) struct Machine<'a> {
    /// As `std::env::consts::ARCH` spells it.
    pub(super) architecture: &'a str,
    pub(super) on_path: &'a dyn Fn(&str) -> bool,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Machine<'static> {
    pub(super) fn this() -> Self {
        Self {
            architecture: std::env::consts::ARCH,
            on_path: &|program| is_on_path(program),
            variable: &|name| std::env::var(name).ok(),
        }
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Variables to add to cargo's environment.
///
/// Fails with `build/compiler-missing`.
pub(super) fn environment(request: &CompileRequest, machine: &Machine<'_>) -> Result<Vec<(String, String)>, Failure> {
    let mut variables = match request.target.as_deref() {
        Some(X86_64) if machine.architecture == "x86_64" => native(request, machine, X86_64)?,
        Some(AARCH64) if machine.architecture == "aarch64" => native(request, machine, AARCH64)?,
        Some(AARCH64) => cross_to_aarch64(request, machine)?,
        _ => Vec::new(),
    };
    if request.profile == DISTRIBUTION_PROFILE {
        variables.extend(path_remapping(request, machine));
    }
    Ok(variables)
}

/// `musl-gcc` is found by itself. ring, the only C code, includes no C
/// library header, so an ordinary compiler does as well.
fn native(request: &CompileRequest, machine: &Machine<'_>, target: &str) -> Result<Vec<(String, String)>, Failure> {
    let variable = compiler_variable(target);
    if (machine.variable)(&variable).is_some() || (machine.on_path)("musl-gcc") {
        return Ok(Vec::new());
    }
    let compiler = ["gcc", "cc", "clang"].into_iter().find(|program| (machine.on_path)(program));
    match compiler {
        Some(compiler) => Ok(vec![(variable, compiler.to_string())]),
        None => Err(Failure::new("build/compiler-missing", request.label(), "no C compiler was found")
            .with_hint("install one: `apt install gcc`")),
    }
}

/// The cross compiler for ring, and LLVM's linker, which knows every
/// architecture and comes with Rust.
fn cross_to_aarch64(request: &CompileRequest, machine: &Machine<'_>) -> Result<Vec<(String, String)>, Failure> {
    const COMPILER: &str = "aarch64-linux-gnu-gcc";
    const LINKER_VARIABLE: &str = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER";
    let variable = compiler_variable(AARCH64);
    let mut variables = Vec::new();
    if (machine.variable)(LINKER_VARIABLE).is_none() {
        variables.push((LINKER_VARIABLE.to_string(), "rust-lld".to_string()));
    }
    if (machine.variable)(&variable).is_some() {
        return Ok(variables);
    }
    if !(machine.on_path)(COMPILER) {
        return Err(Failure::new("build/compiler-missing", request.label(), format!("`{COMPILER}` was not found"))
            .with_hint("install it: `apt install gcc-aarch64-linux-gnu`; or choose architecture = \"x86_64\""));
    }
    variables.push((variable, COMPILER.to_string()));
    Ok(variables)
}

fn compiler_variable(target: &str) -> String {
    format!("CC_{}", target.replace('-', "_"))
}

/// Keeps the same sources built in two folders equal. Other profiles go
/// without, since a change of flags compiles everything again.
fn path_remapping(request: &CompileRequest, machine: &Machine<'_>) -> Option<(String, String)> {
    const FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";
    if (machine.variable)(FLAGS).is_some() || (machine.variable)("RUSTFLAGS").is_some() {
        return None;
    }
    let mut flags = vec![remap(&request.workspace, "/source")];
    flags.extend(cargo_home(machine).map(|home| remap(&home, "/cargo")));
    Some((FLAGS.to_string(), flags.join("\u{1f}")))
}

fn remap(folder: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", folder.display())
}

fn cargo_home(machine: &Machine<'_>) -> Option<PathBuf> {
    let own = (machine.variable)("CARGO_HOME").map(PathBuf::from);
    own.or_else(|| Some(PathBuf::from((machine.variable)("HOME")?).join(".cargo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, profile: &str) -> CompileRequest {
        CompileRequest {
            workspace: PathBuf::from("/w"),
            packages: vec!["agent".into()],
            target: Some(target.into()),
            profile: profile.into(),
        }
    }

    fn decided(
        request: &CompileRequest,
        programs: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Vec<(String, String)>, Failure> {
        let on_path = |program: &str| programs.contains(&program);
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
        environment(request, &Machine { architecture: "x86_64", on_path: &on_path, variable: &variable })
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    #[test]
    fn gcc_stands_in_for_musl_gcc() {
        let request = request(X86_64, "local");
        assert_eq!(decided(&request, &["gcc"], &[]).unwrap(), [pair("CC_x86_64_unknown_linux_musl", "gcc")]);
        assert_eq!(decided(&request, &["gcc", "musl-gcc"], &[]).unwrap(), []);
        assert_eq!(decided(&request, &["gcc"], &[("CC_x86_64_unknown_linux_musl", "clang")]).unwrap(), []);
    }

    #[test]
    fn missing_compiler_is_found_before_cargo_runs() {
        let failure = decided(&request(X86_64, "local"), &[], &[]).unwrap_err();
        assert_eq!(failure.code, "build/compiler-missing");
        assert!(failure.hint.unwrap().contains("apt install gcc"));
    }

    #[test]
    fn arm64_wants_its_cross_compiler() {
        let request = request(AARCH64, "local");
        let failure = decided(&request, &["gcc"], &[]).unwrap_err();
        assert!(failure.hint.unwrap().contains("gcc-aarch64-linux-gnu"));
        let variables = decided(&request, &["aarch64-linux-gnu-gcc"], &[]).unwrap();
        assert!(variables.contains(&pair("CC_aarch64_unknown_linux_musl", "aarch64-linux-gnu-gcc")));
        assert!(variables.contains(&pair("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld")));
    }

    #[test]
    fn only_the_distribution_profile_changes_compiler_flags() {
        let flags = |profile, variables: &[(&str, &str)]| {
            let decided = decided(&request(X86_64, profile), &["musl-gcc"], variables).unwrap();
            decided.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
        };
        assert_eq!(flags("local", &[("HOME", "/h")]), [] as [String; 0]);
        let expected = "--remap-path-prefix=/w=/source\u{1f}--remap-path-prefix=/h/.cargo=/cargo";
        assert_eq!(flags("dist", &[("HOME", "/h")]), [expected]);
        assert_eq!(flags("dist", &[("HOME", "/h"), ("RUSTFLAGS", "-g")]), [] as [String; 0]);
    }
}
