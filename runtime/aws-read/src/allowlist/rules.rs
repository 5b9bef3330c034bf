//! Parameters of an allowed operation that are not the caller's to choose.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::AllowedOperation;

/// Tables `[forced]` and `[forbidden]` of a tier file, for one operation.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rules {
    forced: BTreeMap<String, Value>,
    forbidden: Vec<String>,
}

/// A parameter that this client does not send.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{parameter}: {problem}")]
pub struct RuleFault {
    /// As the caller spelled it.
    pub parameter: String,
    pub problem: String,
}

impl Rules {
    pub fn new(forced: Option<BTreeMap<String, Value>>, forbidden: Option<Vec<String>>) -> Self {
        Self { forced: forced.unwrap_or_default(), forbidden: forbidden.unwrap_or_default() }
    }

    #[cfg(test)]
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.forced.keys().chain(&self.forbidden).map(String::as_str)
    }

    /// Why a parameter cannot be sent. Letter case is ignored, so that no
    /// spelling that somebody might correct later gets past.
    fn objection(&self, name: &str, value: &Value) -> Option<String> {
        if self.forbidden.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(name)) {
            return Some("is never sent by this client".into());
        }
        let (_, forced) = self.forced.iter().find(|(forced, _)| forced.eq_ignore_ascii_case(name))?;
        (value != forced && !value.is_null()).then(|| format!("is always {forced} in this client"))
    }
}

impl AllowedOperation {
    /// The parameters with the forced ones set. Takes what is no object as it is:
    /// the model says what is wrong with it.
    ///
    /// # Errors
    ///
    /// A forbidden parameter, or a forced one with another value.
    pub fn with_rules(&self, mut parameters: Value) -> Result<Value, RuleFault> {
        let Value::Object(members) = &mut parameters else { return Ok(parameters) };
        for (name, value) in members.iter() {
            if let Some(problem) = self.rules.objection(name, value) {
                return Err(RuleFault { parameter: name.clone(), problem });
            }
        }
        members.extend(self.rules.forced.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::allowlist::operation;

    #[test]
    fn masked_log_data_stays_masked() {
        for name in ["FilterLogEvents", "GetLogEvents", "GetLogRecord"] {
            let operation = operation("logs", name).unwrap();
            assert_eq!(operation.with_rules(json!({})).unwrap(), json!({"unmask": false}));
            assert_eq!(operation.with_rules(json!({"unmask": null})).unwrap(), json!({"unmask": false}));
            let fault = operation.with_rules(json!({"unmask": true})).unwrap_err();
            assert_eq!(fault.to_string(), "unmask: is always false in this client");
            for value in [json!("true"), json!(1), json!("false"), json!([true])] {
                assert!(operation.with_rules(json!({"unmask": value})).is_err());
            }
            for spelling in ["Unmask", "UNMASK"] {
                assert!(operation.with_rules(json!({ spelling: true })).is_err(), "{spelling}");
            }
        }
    }

    #[test]
    fn aws_fetches_no_address_for_a_caller() {
        let summary = operation("cloudformation", "GetTemplateSummary").unwrap();
        let fault = summary.with_rules(json!({"TemplateURL": "https://bucket.s3.amazonaws.com/x"})).unwrap_err();
        assert_eq!(fault.to_string(), "TemplateURL: is never sent by this client");
        assert!(summary.with_rules(json!({"StackName": "web"})).is_ok());
    }

    #[test]
    fn other_operations_take_their_parameters_as_they_are() {
        let buckets = operation("s3", "ListBuckets").unwrap();
        for parameters in [json!({"MaxBuckets": 5}), json!([1]), json!(null)] {
            assert_eq!(buckets.with_rules(parameters.clone()).unwrap(), parameters);
        }
    }
}
