//! Plans an image: its digest is in the repository or has to be pushed.

use super::draft::Draft;
use super::{Action, Change, Operation};
use crate::desired::DesiredImage;
use crate::observed::{Fact, ObservedRepository};

pub fn plan(desired: &DesiredImage, observed: &Fact<ObservedRepository>) -> Draft {
    let draft = Draft::of(format!("image {}", desired.repository));
    let reason = match observed {
        Fact::Unknown(gap) => return draft.unchecked(gap),
        Fact::Present(repository) if repository.digests.contains(&desired.digest) => {
            return draft.keep("is in the repository");
        }
        Fact::Present(repository) if !repository.digests.is_empty() => "the code changed",
        Fact::Present(_) | Fact::Absent => "is not in the repository yet",
    };
    let change = Change { path: "digest".into(), before: None, after: Some(desired.digest.clone()), replaces: false };
    let operation = Operation::PushImage { repository: desired.repository.clone(), digest: desired.digest.clone() };
    draft.act(Action::Create, reason, vec![change], operation)
}
