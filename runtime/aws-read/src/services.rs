//! The services that can be read. What each of them needs is compiled in: its
//! model and endpoint rules (configs/aws-models) and its tiers (configs/aws-operations).

/// Calls a macro with the names of all services, in alphabetical order.
macro_rules! for_each_service {
    ($then:ident) => {
        $then! {
            "apigateway",
            "apigatewayv2",
            "autoscaling",
            "bedrock",
            "budgets",
            "ce",
            "cloudformation",
            "cloudwatch",
            "dynamodb",
            "ec2",
            "ecs",
            "eks",
            "elb",
            "elbv2",
            "iam",
            "lambda",
            "logs",
            "rds",
            "route53",
            "s3",
            "s3control",
            "sagemaker",
            "ses",
            "sesv2",
            "sns",
            "sqs",
            "sts",
        }
    };
}
pub(crate) use for_each_service;

macro_rules! names {
    ($($name:literal),+ $(,)?) => {
        /// Their names, in alphabetical order.
        pub(crate) const SERVICES: &[&str] = &[$($name),+];
    };
}

for_each_service!(names);

/// The place of a service in every table of services.
pub(crate) fn index(service: &str) -> Option<usize> {
    SERVICES.binary_search(&service).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_name_and_no_other() {
        assert!(SERVICES.is_sorted());
        assert_eq!(index("sts"), Some(SERVICES.len() - 1));
        assert_eq!(index("kms"), None);
    }
}
