//! A gateway reaches functions, and a function its image and role, in one
//! account and region only.

use crate::desired::{Desired, Location};
use crate::failure::Failure;
use crate::observed::Observed;
use crate::resource::Resource;

/// Names of things in another place than the environment's own. Rendered
/// settings never hold them; a recorded or saved deployment may.
pub fn elsewhere(desired: &Desired, observed: &Observed) -> Vec<Failure> {
    let Location { account, region } = &desired.location;
    let mut faults = Vec::new();
    let mut fault = |doing: String, cause: String| {
        let hint =
            format!("this environment is in account {account}, region {region}; deploy it from its own settings");
        faults.push(Failure::new("plan/other-location", format!("plan {doing}"), cause).with_hint(hint));
    };
    if observed.account != *account {
        let cause = format!("it belongs to account {account}, and the credentials are those of {}", observed.account);
        fault(format!("environment {}", desired.environment), cause);
    }
    let target = &desired.target;
    if !is_function_here(&target.lambda_arn, &desired.location) {
        fault(format!("target {}", target.name), format!("its function {} is elsewhere", target.lambda_arn));
    }
    for resource in desired.resources.values() {
        let Resource::Function(function) = resource else { continue };
        if !is_image_here(&function.image_uri, &desired.location) {
            fault(resource.label(), format!("its image {} is elsewhere", function.image_uri));
        }
    }
    faults
}

/// `arn:<partition>:lambda:<region>:<account>:function:<name>`
fn is_function_here(arn: &str, location: &Location) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    parts.get(3) == Some(&location.region.as_str()) && parts.get(4) == Some(&location.account.as_str())
}

/// `<account>.dkr.ecr.<region>.<suffix>/<repository>@<digest>`
fn is_image_here(uri: &str, location: &Location) -> bool {
    uri.starts_with(&format!("{}.dkr.ecr.{}.", location.account, location.region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn what_the_settings_describe_is_all_in_one_place() {
        assert!(elsewhere(&samples::estate(), &samples::nothing()).is_empty());
    }

    #[test]
    fn functions_and_images_in_another_place_are_refused() {
        let mut desired = samples::estate();
        desired.location.region = "eu-west-1".into();
        let causes: Vec<_> = elsewhere(&desired, &samples::nothing()).into_iter().map(|fault| fault.cause).collect();
        assert_eq!(causes.len(), 3, "the target and two images: {causes:?}");
        desired = samples::estate();
        let faults = elsewhere(&desired, &Observed::nothing("444455556666"));
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["plan/other-location"]);
    }
}
