//! What the settings of both functions have in common: JSON in an environment variable, with all of its faults
//! told together.

use serde::de::DeserializeOwned;

/// The settings that the variable of this name holds; the defaults when it is absent.
///
/// Fails, with everything that is wrong, on text that is no JSON, on unknown members and on values out of their
/// range: a function with half of its settings would be worse than one that says so. `faults` are one sentence a
/// fault, each with its path.
pub(crate) fn parse<T: DeserializeOwned + Default>(
    name: &str,
    text: Option<&str>,
    faults: impl Fn(&T) -> Vec<String>,
) -> Result<T, String> {
    let Some(text) = text else { return Ok(T::default()) };
    let settings: T = serde_json::from_str(text).map_err(|error| format!("read {name}: {error}"))?;
    match faults(&settings) {
        faults if faults.is_empty() => Ok(settings),
        faults => Err(format!("read {name}: {}", faults.join("; "))),
    }
}

/// The fault of a number that is not in its range.
pub(crate) fn out_of_range(path: &str, value: u64, least: u64, most: u64) -> Option<String> {
    (!(least..=most).contains(&value)).then(|| format!("{path}: {value} is not between {least} and {most}"))
}
