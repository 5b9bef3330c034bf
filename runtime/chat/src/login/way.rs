//! Browser or device code: how a person approves a login.

/// The way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoginWay {
    #[default]
    Browser,
    /// Device code where the issuer offers it, else the browser, whose address is shown.
    DeviceIfOffered,
    Device,
}

impl LoginWay {
    /// Over SSH, and on Linux without a display, a browser that could be opened is not in front of the person.
    pub fn of_machine(variable: impl Fn(&str) -> Option<String>) -> Self {
        let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let remote = has("SSH_CONNECTION") || has("SSH_TTY");
        let dark = cfg!(target_os = "linux") && !has("DISPLAY") && !has("WAYLAND_DISPLAY") && !has("WSL_DISTRO_NAME");
        // A browser that the user names is there: a terminal browser, a script, a forwarder.
        if (remote || dark) && !has("BROWSER") { Self::DeviceIfOffered } else { Self::Browser }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(set: &[&str]) -> LoginWay {
        LoginWay::of_machine(|name| set.contains(&name).then(|| "value".into()))
    }

    #[test]
    fn without_a_browser_in_front_of_the_person_the_device_code_is_preferred() {
        assert_eq!(way(&["DISPLAY", "SSH_CONNECTION"]), LoginWay::DeviceIfOffered);
        assert_eq!(way(&["DISPLAY"]), LoginWay::Browser);
        assert_eq!(way(&["SSH_TTY", "BROWSER"]), LoginWay::Browser);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_without_a_display_has_no_browser() {
        assert_eq!(way(&[]), LoginWay::DeviceIfOffered);
        assert_eq!(way(&["WAYLAND_DISPLAY"]), LoginWay::Browser);
    }
}
