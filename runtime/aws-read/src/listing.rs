//! What operations list.

use crate::allowlist::AllowedOperation;
use crate::model;
use crate::paging::Paginator;

/// The member of the operation's output that pages share and that holds its items:
/// `Reservations` for DescribeInstances. None for an operation without paging, and
/// where several members hold items or they are deeper inside.
pub fn result_list(operation: &AllowedOperation) -> Option<String> {
    let service = model::service(operation.service())?;
    let paginator = Paginator::of(operation.service(), service, service.operations.get(operation.name())?).ok()??;
    paginator.only_list().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowlist::operation;

    #[test]
    fn a_list_at_the_top_is_named_and_others_are_not() {
        let list = |service, name| result_list(operation(service, name).unwrap());
        assert_eq!(list("ec2", "DescribeInstances").as_deref(), Some("Reservations"));
        assert_eq!(list("iam", "GetAccountAuthorizationDetails"), None);
        assert_eq!(list("sts", "GetCallerIdentity"), None);
    }
}
