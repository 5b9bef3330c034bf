//! The region: enabled for the account, and the one that everything is in.

use super::link::Verdict;
use crate::observed::Observed;

/// Regions that every account has (AWS general reference, "Enable or disable
/// Regions"); the others are opted into.
const ALWAYS_ENABLED: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "sa-east-1",
];

/// What else refused credentials may mean: a region that was not opted into
/// answers every token with "invalid".
pub fn credentials_hint(region: &str) -> Option<String> {
    (!ALWAYS_ENABLED.contains(&region))
        .then(|| format!("the credentials may be good and region {region} not enabled: AWS console, Account, Regions"))
}

/// STS answered in the region, so it is enabled; what exists has to be in it.
pub fn region(region: &str, observed: &Observed) -> Verdict {
    let gateway = observed.gateway.present().map(|gateway| ("gateway", gateway.arn.as_str()));
    let function =
        observed.target.present().and_then(|target| Some(("target's function", target.lambda_arn.as_deref()?)));
    let elsewhere = gateway.into_iter().chain(function).find_map(|(what, arn)| {
        let found = arn.split(':').nth(3).filter(|found| !found.is_empty() && *found != region)?;
        Some(format!("the {what} is in {found}, aws.region is {region}"))
    });
    match elsewhere {
        Some(cause) => Verdict::broken(
            "config/wrong-region",
            cause,
            "a gateway calls functions of its own region only: correct aws.region, or deploy again",
        ),
        None => Verdict::ok(format!("{region} answers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LinkState;
    use crate::observed::Fact;
    use crate::plan::StepId;
    use crate::samples::{deploy, estate, nothing};

    #[test]
    fn a_function_in_another_region_is_broken() {
        let mut observed = nothing();
        deploy(&mut observed, &estate(), StepId::Target);
        assert_eq!(region("us-east-1", &observed).state, LinkState::Ok);
        let Fact::Present(target) = &mut observed.target else { panic!("there is a target") };
        target.lambda_arn = Some("arn:aws:lambda:eu-west-1:111122223333:function:f".into());
        let verdict = region("us-east-1", &observed);
        assert_eq!(verdict.state, LinkState::Broken);
        assert!(verdict.detail.contains("eu-west-1"), "{}", verdict.detail);
    }

    #[test]
    fn only_regions_that_are_opted_into_get_the_hint() {
        assert_eq!(credentials_hint("us-east-1"), None);
        assert!(credentials_hint("eu-south-2").is_some());
    }
}
