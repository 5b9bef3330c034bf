//! Where the local platform runs: it starts the functions' own executables,
//! which are for Linux on x86_64.

use deployer_core::Failure;

/// Fails with `local/unsupported-platform` anywhere else.
pub(crate) fn check() -> Result<(), Failure> {
    check_machine(std::env::consts::OS, std::env::consts::ARCH)
}

fn check_machine(system: &str, architecture: &str) -> Result<(), Failure> {
    if (system, architecture) == ("linux", "x86_64") {
        return Ok(());
    }
    Err(Failure::new(
        "local/unsupported-platform",
        "start the local platform",
        format!("it runs on Linux x86_64 only, this is {system} {architecture}"),
    )
    .with_hint("use a Linux x86_64 machine or virtual machine, or an environment on AWS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_refused_with_a_hint() {
        assert!(check_machine("linux", "x86_64").is_ok());
        for (system, architecture) in [("macos", "aarch64"), ("windows", "x86_64"), ("linux", "aarch64")] {
            let failure = check_machine(system, architecture).unwrap_err();
            assert_eq!(failure.code, "local/unsupported-platform");
            assert!(failure.cause.contains(system) && failure.hint.is_some());
        }
    }
}
