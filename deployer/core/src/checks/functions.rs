//! Limits of the functions (AWS Lambda quotas).

use crate::desired::Desired;
use crate::failure::Failure;
use crate::plan::StepId;
use crate::resource::Resource;

/// Bytes of all environment variables of a function, names and values.
const ENVIRONMENT_LIMIT: usize = 4_096;
/// For variables whose values only a deployment knows: the gateway's address.
const KNOWN_LATER: usize = 256;

/// Functions whose environment Lambda would refuse.
pub fn faults(desired: &Desired) -> Vec<Failure> {
    let functions = [(StepId::AgentFunction, "[agent] and [issuer]"), (StepId::ToolFunction, "[tools]")];
    functions.into_iter().filter_map(|(step, tables)| too_large(desired, step, tables)).collect()
}

fn too_large(desired: &Desired, step: StepId, tables: &str) -> Option<Failure> {
    let Some(Resource::Function(function)) = desired.resources.get(&step) else { return None };
    let known: usize = function.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
    let later = desired.inputs.get(&step).map_or(0, |inputs| inputs.len() * KNOWN_LATER);
    let bytes = known + later;
    (bytes > ENVIRONMENT_LIMIT).then(|| {
        let cause =
            format!("its environment variables have about {bytes} bytes, Lambda's limit is {ENVIRONMENT_LIMIT}");
        Failure::new("plan/environment-too-large", format!("plan function {}", function.name), cause)
            .with_hint(format!("shorten the lists in {tables}: they reach the function through a variable"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_function_whose_settings_do_not_fit_is_refused() {
        let mut settings = samples::settings();
        assert!(faults(&samples::estate_of(&settings)).is_empty());
        settings.issuer.allowed_audience =
            (0..100).map(|number| format!("api://audience-number-{number:020}")).collect();
        let faults = faults(&samples::estate_of(&settings));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].code, "plan/environment-too-large");
    }
}
