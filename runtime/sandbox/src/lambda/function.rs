//! What an invocation needs to know of a function, read from the backend's
//! control plane each time, so that an update is seen by the next invocation.

use std::{collections::HashMap, time::Duration};

use aws_sdk_lambda::{
    Client,
    operation::get_function::GetFunctionOutput,
    types::{PackageType, State},
};

use super::error::InvokeError;
use crate::backend::error_text;

/// A function as a request names it: name, partial or full ARN, with an
/// optional version or alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionReference {
    pub name: String,
    pub qualifier: Option<String>,
}

impl FunctionReference {
    /// Reads `name`, `name:qualifier`, `function:name`, `account:function:name` and
    /// `arn:<partition>:lambda:<region>:<account>:function:<name>[:<qualifier>]`.
    pub fn parse(text: &str) -> Result<Self, InvokeError> {
        let own = match text.split_once(":function:") {
            Some((_, own)) => own,
            None => text.strip_prefix("function:").unwrap_or(text),
        };
        let (name, qualifier) = match own.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier.to_owned())),
            None => (own, None),
        };
        let valid = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | '.'))
        };
        if valid(name) && qualifier.as_deref().is_none_or(valid) {
            Ok(Self { name: name.to_owned(), qualifier })
        } else {
            Err(InvokeError::BadReference(text.to_owned()))
        }
    }
}

/// The name in a reference of any form; None for what is no reference.
pub fn name_of(reference: &str) -> Option<String> {
    Some(FunctionReference::parse(reference).ok()?.name)
}

/// A function that can be run. Has no `Debug`: its variables may hold secrets.
#[derive(Clone)]
pub struct Function {
    pub name: String,
    pub arn: String,
    /// Digest form where the control plane resolved it.
    pub image: Option<String>,
    pub entry_point: Vec<String>,
    pub command: Vec<String>,
    pub working_directory: Option<String>,
    pub variables: HashMap<String, String>,
    pub role: String,
    pub timeout: Duration,
    pub memory: i32,
    pub revision: String,
    state: State,
}

impl Function {
    pub async fn read(client: &Client, reference: &FunctionReference) -> Result<Self, InvokeError> {
        let request = client.get_function().function_name(&reference.name).set_qualifier(reference.qualifier.clone());
        let output = request.send().await.map_err(|error| {
            let missing = error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception());
            match missing {
                true => InvokeError::NotFound(reference.name.clone()),
                false => InvokeError::Backend { name: reference.name.clone(), cause: error_text(&error) },
            }
        })?;
        Self::from_output(output).ok_or_else(|| InvokeError::NotFound(reference.name.clone()))
    }

    /// A zip function has no image, and the backend answers for it.
    pub fn is_image(&self) -> bool {
        self.image.is_some()
    }

    /// Refuses states in which Lambda refuses to invoke.
    pub fn ensure_invocable(&self) -> Result<(), InvokeError> {
        match &self.state {
            State::Pending | State::Failed => {
                Err(InvokeError::NotReady { name: self.name.clone(), state: self.state.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn from_output(output: GetFunctionOutput) -> Option<Self> {
        let configuration = output.configuration?;
        let code = output.code;
        let image = match configuration.package_type {
            Some(PackageType::Image) => code.and_then(|code| code.resolved_image_uri.or(code.image_uri)),
            _ => None,
        };
        let overrides = configuration.image_config_response.and_then(|response| response.image_config);
        Some(Self {
            name: configuration.function_name?,
            arn: configuration.function_arn?,
            image,
            entry_point: overrides.as_ref().and_then(|o| o.entry_point.clone()).unwrap_or_default(),
            command: overrides.as_ref().and_then(|o| o.command.clone()).unwrap_or_default(),
            working_directory: overrides.and_then(|o| o.working_directory).filter(|path| !path.is_empty()),
            variables: configuration.environment.and_then(|e| e.variables).unwrap_or_default(),
            role: configuration.role?,
            timeout: Duration::from_secs(configuration.timeout.unwrap_or(3).max(1).unsigned_abs().into()),
            memory: configuration.memory_size.unwrap_or(128),
            revision: configuration.revision_id.unwrap_or_default(),
            state: configuration.state.unwrap_or(State::Active),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Option<String>) {
        let reference = FunctionReference::parse(text).unwrap();
        (reference.name, reference.qualifier)
    }

    #[test]
    fn every_form_of_a_reference_gives_the_name() {
        assert_eq!(parsed("tool"), ("tool".into(), None));
        assert_eq!(parsed("tool:$LATEST"), ("tool".into(), Some("$LATEST".into())));
        assert_eq!(parsed("my-function:live"), ("my-function".into(), Some("live".into())));
        assert_eq!(parsed("function:tool"), ("tool".into(), None));
        assert_eq!(parsed("000000000000:function:tool"), ("tool".into(), None));
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:dev-tool:live";
        assert_eq!(parsed(arn), ("dev-tool".into(), Some("live".into())));
    }

    #[test]
    fn a_reference_with_a_path_in_it_is_refused() {
        assert!(FunctionReference::parse("../tool").is_err());
        assert!(FunctionReference::parse("").is_err());
    }
}
