//! The IAM principal of a request, as Lambda verified it.

/// `requestContext.authorizer.iam.userArn` of a function URL event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(String);

/// Roles that IAM Identity Center makes; their session name is the user's name there, set by AWS
/// (IAM Identity Center user guide, "Referencing permission sets in resource policies").
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

impl Principal {
    pub fn new(arn: impl Into<String>) -> Self {
        Self(arn.into())
    }

    pub fn arn(&self) -> &str {
        &self.0
    }

    /// The ARN of the user or role. A role's session name is left out: who may assume the role chooses
    /// it, and many tools choose another each time.
    pub fn without_session(&self) -> &str {
        let session = self.0.contains(":assumed-role/").then(|| self.0.rfind('/')).flatten();
        session.map_or(&self.0, |slash| &self.0[..slash])
    }

    /// What tells this person from others where there is no token. Identity Center's roles are shared
    /// by many, and AWS itself names the session after its user.
    pub fn person(&self) -> &str {
        if self.0.contains(&format!(":assumed-role/{IDENTITY_CENTER}")) { &self.0 } else { self.without_session() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_the_same_under_every_session_name() {
        let role = Principal::new("arn:aws:sts::1:assumed-role/ops/botocore-session-17");
        assert_eq!(role.without_session(), "arn:aws:sts::1:assumed-role/ops");
        assert_eq!(role.person(), role.without_session());
        let user = Principal::new("arn:aws:iam::1:user/team/ada");
        assert_eq!((user.without_session(), user.person()), (user.arn(), user.arn()));
    }

    #[test]
    fn people_who_share_a_role_of_identity_center_stay_apart() {
        let ada = Principal::new("arn:aws:sts::1:assumed-role/AWSReservedSSO_ops_0123456789abcdef/ada@example.com");
        assert_eq!(ada.person(), ada.arn());
        assert_eq!(ada.without_session(), "arn:aws:sts::1:assumed-role/AWSReservedSSO_ops_0123456789abcdef");
    }
}
