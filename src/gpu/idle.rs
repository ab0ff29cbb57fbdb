//! Burn's device thread looks for work every 150 µs for ever (cubecl-common 0.10, `device/handle/channel.rs`), which at rest
//! is all that the app's CPU time goes to. Linux lets a thread's sleeps be prolonged, and a thread inherits by how much.

/// By how much, in nanoseconds. Nothing that is timed passes through that thread: the live kernels are launched by hand.
#[cfg(target_os = "linux")]
const SLACK: libc::c_ulong = 4_000_000;

/// Does what begins threads, which then wake more rarely where the system can be told so.
#[cfg(target_os = "linux")]
pub fn with_drowsy_threads<T>(begin: impl FnOnce() -> T) -> T {
    set_slack(SLACK);
    let begun = begin();
    // 0 is this thread's own default again.
    set_slack(0);
    begun
}

#[cfg(target_os = "linux")]
fn set_slack(nanoseconds: libc::c_ulong) {
    // SAFETY: this call reads a number and no memory. Where the system refuses, sleeps stay as they are.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds) };
}

/// Does it.
#[cfg(not(target_os = "linux"))]
pub fn with_drowsy_threads<T>(begin: impl FnOnce() -> T) -> T {
    begin()
}
