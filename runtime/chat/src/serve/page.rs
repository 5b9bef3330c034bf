//! The page's files, compiled in. They are the same for everybody and hold no secret.

use axum::{
    http::{HeaderValue, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::refused::Refused;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! file {
    ($path:literal, $kind:expr, $name:literal) => {
        File { path: $path, kind: $kind, text: include_str!(concat!("page/", $name)) }
    };
}

const FILES: [File; 15] = [
    file!("/", HTML, "index.html"),
    file!("/style.css", CSS, "style.css"),
    file!("/answer.css", CSS, "answer.css"),
    file!("/icon.svg", IMAGE, "icon.svg"),
    file!("/main.js", SCRIPT, "main.js"),
    file!("/api.js", SCRIPT, "api.js"),
    file!("/blocks.js", SCRIPT, "blocks.js"),
    file!("/inline.js", SCRIPT, "inline.js"),
    file!("/markdown.js", SCRIPT, "markdown.js"),
    file!("/answer.js", SCRIPT, "answer.js"),
    file!("/timeline.js", SCRIPT, "timeline.js"),
    file!("/conversation.js", SCRIPT, "conversation.js"),
    file!("/list.js", SCRIPT, "list.js"),
    file!("/options.js", SCRIPT, "options.js"),
    file!("/elements.js", SCRIPT, "elements.js"),
];

/// Answers everything outside of the API.
pub async fn file(method: Method, address: Uri) -> Response {
    let found = FILES.iter().find(|file| file.path == address.path());
    match found.filter(|_| matches!(method, Method::GET | Method::HEAD)) {
        Some(file) => ([(CONTENT_TYPE, HeaderValue::from_static(file.kind))], file.text).into_response(),
        None => {
            Refused::new(StatusCode::NOT_FOUND, "serve/not-found", "find it: there is no such page").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a tag or an import names, quotes cut off.
    fn named(text: &'static str) -> impl Iterator<Item = &'static str> {
        ["src=\"", "href=\"", "from \""]
            .into_iter()
            .flat_map(move |mark| text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()))
    }

    #[test]
    fn every_file_that_the_page_names_is_compiled_in() {
        let own = FILES.iter().filter(|file| matches!(file.kind, HTML | SCRIPT));
        let names: Vec<_> = own.flat_map(|file| named(file.text)).filter(|name| !name.starts_with('#')).collect();
        assert!(names.len() > FILES.len(), "{names:?}");
        for name in names {
            assert!(FILES.iter().any(|file| file.path == name), "{name}");
        }
    }

    #[test]
    fn no_file_takes_untrusted_text_for_html() {
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser", "srcdoc"] {
            assert!(FILES.iter().all(|file| !file.text.contains(sink)), "{sink}");
        }
    }
}
