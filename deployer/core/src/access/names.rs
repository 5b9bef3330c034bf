//! What people call the things that ARNs name.

use crate::desired::Location;

/// Where the plan is about: what is there needs no account and region said.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub account: &'a str,
    pub region: &'a str,
}

impl<'a> From<&'a Location> for Place<'a> {
    fn from(location: &'a Location) -> Self {
        Self { account: &location.account, region: &location.region }
    }
}

impl Place<'_> {
    /// "table x" for an ARN that is understood, otherwise the text itself.
    pub fn name(&self, text: &str) -> String {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, _, service, region, account, resource] = parts[..] else {
            return text.to_string();
        };
        let Some(name) = known(service, resource) else { return text.to_string() };
        let region = (!["", self.region].contains(&region)).then(|| match region {
            "*" => " in any region".to_string(),
            region => format!(" in {region}"),
        });
        let account = (!["", self.account].contains(&account)).then(|| format!(" of account {account}"));
        format!("{name}{}{}", account.unwrap_or_default(), region.unwrap_or_default())
    }

    /// What a statement is about: "everything" for `*`.
    pub fn thing(&self, text: &str) -> String {
        match text {
            "*" => "everything".into(),
            text => self.name(text),
        }
    }

    /// Who a principal is; see `document` for its form.
    pub fn principal(&self, text: &str) -> String {
        if text == "*" {
            return "anyone".into();
        }
        let Some((kind, id)) = text.split_once(':') else { return text.to_string() };
        match kind {
            "Service" => format!("service {id}"),
            "AWS" => match account_of(id) {
                Some(account) => format!("callers of account {account}"),
                None => self.name(id),
            },
            "Federated" => format!("users of {id}"),
            _ => text.to_string(),
        }
    }
}

/// The account of `123456789012` or `arn:aws:iam::123456789012:root`.
pub fn account_of(principal: &str) -> Option<&str> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let inner = principal.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next()).unwrap_or(principal);
    is_account(inner).then_some(inner)
}

fn known(service: &str, resource: &str) -> Option<String> {
    let after = |prefix: &str| resource.strip_prefix(prefix);
    let name = match service {
        "lambda" => format!("function {}", after("function:")?),
        "dynamodb" => table(after("table/")?),
        "iam" if after("role/").is_some() => format!("role {}", after("role/")?),
        "iam" if after("user/").is_some() => format!("user {}", after("user/")?),
        "iam" if after("policy/").is_some() => format!("policy {}", after("policy/")?),
        "sts" => format!("role session {}", after("assumed-role/")?),
        "logs" => format!("log group {}", after("log-group:")?.trim_end_matches(":*")),
        "ecr" => format!("repository {}", after("repository/")?),
        "bedrock" if after("inference-profile/").is_some() => format!("model profile {}", after("inference-profile/")?),
        "bedrock" => format!("model {}", after("foundation-model/")?),
        "bedrock-agentcore" => format!("gateway {}", after("gateway/")?),
        "s3" if resource == "*" => "all buckets and objects".into(),
        "s3" => format!("bucket {resource}"),
        _ => return None,
    };
    Some(name)
}

fn table(rest: &str) -> String {
    match rest.split_once("/index/") {
        Some((table, index)) => format!("index {index} of table {table}"),
        None => format!("table {rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { account: "111122223333", region: "us-east-1" };

    #[test]
    fn what_is_here_is_called_by_its_name() {
        for (arn, name) in [
            ("arn:aws:lambda:us-east-1:111122223333:function:x", "function x"),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/t/index/i", "index i of table t"),
            ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/x:*", "log group /aws/lambda/x"),
            ("arn:aws:iam::111122223333:role/r", "role r"),
            ("arn:aws:s3:::*", "all buckets and objects"),
            ("arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:us-east-1:111122223333:q"),
        ] {
            assert_eq!(HERE.name(arn), name);
        }
    }

    #[test]
    fn what_is_elsewhere_says_where() {
        assert_eq!(HERE.name("arn:aws:lambda:eu-west-1:1:function:x"), "function x of account 1 in eu-west-1");
        assert_eq!(HERE.name("arn:aws:bedrock:*::foundation-model/m"), "model m in any region");
    }

    #[test]
    fn a_principal_is_a_person_an_account_or_a_service() {
        assert_eq!(HERE.principal("*"), "anyone");
        assert_eq!(HERE.principal("AWS:999988887777"), "callers of account 999988887777");
        assert_eq!(HERE.principal("AWS:arn:aws:iam::999988887777:root"), "callers of account 999988887777");
        assert_eq!(HERE.principal("AWS:arn:aws:iam::111122223333:role/ops"), "role ops");
        assert_eq!(HERE.principal("Service:lambda.amazonaws.com"), "service lambda.amazonaws.com");
    }
}
