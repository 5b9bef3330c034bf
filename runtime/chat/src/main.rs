//! The `chat` binary.

fn main() -> std::process::ExitCode {
    chat::run(std::env::args_os())
}
