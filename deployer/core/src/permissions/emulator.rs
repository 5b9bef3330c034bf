//! Where the local platform's emulator checks less exactly than AWS does, so
//! that an environment there needs a wider policy. Nothing of it reaches AWS.
//!
//! It takes a call's resource from a field that holds one name, and sees none
//! where a call holds an ARN, several names or a prefix of them. Its simulation,
//! which the sandbox asks who may pass a role, takes no context into account.

use super::reach::Reach;
use crate::settings::Platform;

/// Calls in which it sees no resource.
const WITHOUT_RESOURCE: [&str; 9] = [
    "dynamodb:ListTagsOfResource",
    "dynamodb:TagResource",
    "ecr:DescribeRepositories",
    "ecr:ListTagsForResource",
    "ecr:TagResource",
    "iam:CreatePolicy",
    "iam:SimulatePrincipalPolicy",
    "lambda:CreateFunction",
    "logs:DescribeLogGroups",
];

/// Sid of the statement that makes up for it.
pub const SID: &str = "EmulatorWithoutResource";

/// The statement of an action that the emulator sees without a resource; None on AWS.
pub fn statement(action: &str, reach: &Reach) -> Option<&'static str> {
    (is_asked(reach) && WITHOUT_RESOURCE.contains(&action)).then_some(SID)
}

/// True where the emulator decides instead of AWS.
pub fn is_asked(reach: &Reach) -> bool {
    matches!(reach.settings.platform, Platform::Local { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::Location;
    use crate::permissions::calls;
    use crate::samples;

    #[test]
    fn a_policy_for_aws_names_every_resource() {
        let location = Location { account: "111122223333".into(), region: "us-east-1".into() };
        let mut settings = samples::settings();
        let calls_of = |settings: &_| calls(settings, &location).into_iter().filter(|call| call.statement == Some(SID));
        assert_eq!(calls_of(&settings).count(), 0);
        settings.platform = Platform::Local { port: 0 };
        assert!(calls_of(&settings).all(|call| call.resource == "*"));
        assert!(calls_of(&settings).next().is_some());
    }
}
