//! The system's keyring: Secret Service on Linux, Keychain on macOS, the
//! Credential Manager on Windows. Its calls block, for as long as a person
//! takes to unlock it, so that each runs on a thread of its own.

use std::time::Duration;

use keyring::{Entry, Error};

/// How a keyring names what belongs to this client.
const SERVICE: &str = "aws-operations-agent";

/// For unlocking it. One that says nothing for so long is as good as none.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why the keyring did not do what it was asked; holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unavailable(String);

/// The secret of this name, `None` when there is none.
pub(super) async fn read(name: &str) -> Result<Option<String>, Unavailable> {
    on_a_thread(name, |entry| match entry.get_password() {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
    .await
}

pub(super) async fn write(name: &str, secret: String) -> Result<(), Unavailable> {
    on_a_thread(name, move |entry| entry.set_password(&secret)).await
}

/// True when there was one.
pub(super) async fn remove(name: &str) -> Result<bool, Unavailable> {
    on_a_thread(name, |entry| match entry.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(error),
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, Unavailable> {
    let name = name.to_owned();
    let task = tokio::task::spawn_blocking(move || work(Entry::new(SERVICE, &name)?));
    match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(result)) => result.map_err(|error| Unavailable(explain(&error))),
        Ok(Err(panicked)) => Err(Unavailable(panicked.to_string())),
        Err(_) => Err(Unavailable(format!("it did not answer within {} seconds", PATIENCE.as_secs()))),
    }
}

/// The error's kind alone where the library's own text may hold the secret's bytes.
fn explain(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => match Entry::store_status() {
            Err(cause) => format!("there is none: {cause}"),
            Ok(()) => "there is none".into(),
        },
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "it holds something else under this name".into(),
        other => other.to_string(),
    }
}
