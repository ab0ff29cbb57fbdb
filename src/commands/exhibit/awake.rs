//! Keeps the display awake by the means that each system has, for as long as the exhibit runs.

use std::process::{Child, Command, Stdio};

/// What keeps it awake; ends with this.
pub struct Awake(Vec<Child>);

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Keeps it awake, and tells how.
pub fn keep(tell: &mut dyn FnMut(&str)) -> Awake {
    let mut awake = Awake(Vec::new());
    if cfg!(target_os = "macos") {
        let process = std::process::id().to_string();
        awake.hold("caffeinate", &["-d", "-i", "-w", &process], tell);
    } else if cfg!(target_os = "windows") {
        tell("Windows: switch the display's sleep off in its power settings");
    } else {
        if std::env::var_os("DISPLAY").is_some() {
            // X11's own screen saver and power saving.
            let orders: [&[&str]; 3] = [&["s", "off"], &["s", "noblank"], &["-dpms"]];
            let done = orders.iter().all(|order| succeeds("xset", order));
            tell(if done {
                "xset keeps the display awake"
            } else {
                "xset is missing or failed; install x11-xserver-utils to keep an X display awake"
            });
        }
        let why = [
            "--what=idle:sleep",
            "--who=Mnistify",
            "--why=an exhibit runs",
            "sleep",
            "infinity",
        ];
        awake.hold("systemd-inhibit", &why, tell);
    }
    awake
}

impl Awake {
    fn hold(&mut self, program: &str, arguments: &[&str], tell: &mut dyn FnMut(&str)) {
        match quiet(program, arguments).spawn() {
            Ok(child) => {
                self.0.push(child);
                tell(&format!("{program} keeps the machine awake"));
            }
            Err(error) => tell(&format!("{program} cannot keep the machine awake: {error}")),
        }
    }
}

fn quiet(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let status = quiet(program, arguments).status();
    status.is_ok_and(|status| status.success())
}
