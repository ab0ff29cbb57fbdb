//! The app's program: natively a command line ([`command_line`]); in the browser the page calls into `mnistify::web`.

#[cfg(not(target_arch = "wasm32"))]
mod command_line;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    command_line::main()
}

/// Nothing runs before the page asks: its loader brings the networks first. What it calls, the library exports.
#[cfg(target_arch = "wasm32")]
fn main() {
    use mnistify as _;
}
