//! Opens an address in the user's browser.

/// Some browsers run in the terminal until they are left, hence a thread. Where none opens that is no failure:
/// whoever calls this has shown an address to the person as well.
pub(crate) fn open(address: String) {
    tokio::task::spawn_blocking(move || {
        let _ = webbrowser::open(&address);
    });
}
