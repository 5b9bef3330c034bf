//! ARN patterns of the account for what the Service Authorization Reference says
//! that an action can be narrowed to.

use std::collections::BTreeSet;

const PARTITION: &str = "${Partition}";
const REGION: &str = "${Region}";
const ACCOUNT: &str = "${Account}";

/// The patterns, for `Fn::Sub`, that cover all of the reference's: everything of
/// the service in the own account, and what has no account or another's as it is
/// written. One that another covers is left out.
pub fn of_account<'a>(patterns: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let all: BTreeSet<String> = patterns.filter_map(widened).collect();
    let covered = |pattern: &String| all.iter().any(|other| other != pattern && matches(other, pattern));
    all.iter().filter(|pattern| !covered(pattern)).cloned().collect()
}

/// None for what is no ARN.
fn widened(pattern: &str) -> Option<String> {
    let mut parts = pattern.splitn(6, ':').skip(2);
    let (service, region, account, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let region = if region == REGION { "*" } else { region };
    let (region, account, resource) = match account {
        // A service with resources in regions and without: one pattern is enough for both.
        ACCOUNT if service != "iam" => ("*", "${AWS::AccountId}", "*".to_string()),
        ACCOUNT => (region, "${AWS::AccountId}", "*".to_string()),
        _ if service == "apigateway" => (region, account, collection(resource)),
        other => (region, other, resource.to_string()),
    };
    Some(format!("arn:${{AWS::Partition}}:{service}:{region}:{account}:{resource}"))
}

/// `/restapis*` for `/restapis/*/stages`: API Gateway's resources are paths, and
/// what lies below a collection is read as the collection itself.
fn collection(path: &str) -> String {
    let name = path.trim_start_matches('/').split(['/', '*']).next().unwrap_or_default();
    format!("/{name}*")
}

/// A pattern of the reference as it is denied: its place in every region.
pub fn denied(pattern: &str) -> String {
    let filled = [(PARTITION, "${AWS::Partition}"), (REGION, "*"), (ACCOUNT, "${AWS::AccountId}")];
    filled.iter().fold(pattern.to_string(), |text, (field, value)| text.replace(field, value))
}

/// True when the pattern, with `*` for any text, covers all of the other one.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    if rest.is_empty() {
        return true;
    }
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(of: &[&str]) -> Vec<String> {
        of_account(of.iter().copied()).into_iter().collect()
    }

    #[test]
    fn what_is_the_accounts_is_one_pattern_a_service() {
        let lambda = [
            "arn:${Partition}:lambda:${Region}:${Account}:function:*",
            "arn:${Partition}:lambda:${Region}:${Account}:function:*:*",
            "arn:${Partition}:lambda:${Region}:${Account}:layer:*",
        ];
        assert_eq!(patterns(&lambda), ["arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:*"]);
        let rds =
            ["arn:${Partition}:rds::${Account}:global-cluster:*", "arn:${Partition}:rds:${Region}:${Account}:db:*"];
        assert_eq!(patterns(&rds), ["arn:${AWS::Partition}:rds:*:${AWS::AccountId}:*"]);
    }

    #[test]
    fn what_has_no_account_or_another_stays_as_it_is() {
        let s3 = ["arn:${Partition}:s3:::*", "arn:${Partition}:s3:::*/*"];
        assert_eq!(patterns(&s3), ["arn:${AWS::Partition}:s3:::*"]);
        let ec2 = ["arn:${Partition}:ec2:${Region}::image/*", "arn:${Partition}:ec2:${Region}:${Account}:instance/*"];
        assert_eq!(
            patterns(&ec2),
            ["arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:*", "arn:${AWS::Partition}:ec2:*::image/*"]
        );
        let iam = ["arn:${Partition}:iam::${Account}:policy/*", "arn:${Partition}:iam::aws:policy/*"];
        assert_eq!(
            patterns(&iam),
            ["arn:${AWS::Partition}:iam::${AWS::AccountId}:*", "arn:${AWS::Partition}:iam::aws:policy/*"]
        );
    }

    #[test]
    fn paths_are_taken_by_their_collection() {
        let paths = [
            "arn:${Partition}:apigateway:${Region}::/restapis",
            "arn:${Partition}:apigateway:${Region}::/restapis/*/stages",
        ];
        assert_eq!(patterns(&paths), ["arn:${AWS::Partition}:apigateway:*::/restapis*"]);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, covers) in [
            ("a*", "a/b*", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "abd", false),
            ("/apis*", "/apikeys*", false),
            ("a", "a", true),
        ] {
            assert_eq!(matches(pattern, text), covers, "{pattern} {text}");
        }
    }
}
