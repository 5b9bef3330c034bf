//! What there is to deploy, where, and what that was made from.

use std::collections::BTreeMap;

use deployer_aws::RunKind;
use deployer_core::Desired;
use deployer_core::only::Part;
use deployer_image::Image;

use crate::estate::Estate;
use crate::session::Session;

/// A plan, where it is applied, and the images that it pushes.
pub struct Prepared {
    pub session: Session,
    pub estate: Estate,
    pub images: BTreeMap<String, Image>,
    pub origin: Origin,
    /// The part that is deployed; None for all of it.
    pub part: Option<Part>,
}

/// What the plan was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Sources,
    /// A saved plan, by its identity. `begun`: earlier runs left the rest of it.
    Saved {
        identity: String,
        begun: bool,
    },
    /// The record of an earlier run.
    Earlier {
        run_id: String,
    },
}

impl Prepared {
    pub fn kind(&self) -> RunKind {
        match self.origin {
            Origin::Sources | Origin::Saved { .. } => RunKind::Up,
            Origin::Earlier { .. } => RunKind::Rollback,
        }
    }

    pub fn rolls_back(&self) -> Option<String> {
        match &self.origin {
            Origin::Earlier { run_id } => Some(run_id.clone()),
            _ => None,
        }
    }

    pub fn saved_plan(&self) -> Option<String> {
        match &self.origin {
            Origin::Saved { identity, .. } => Some(identity.clone()),
            _ => None,
        }
    }

    /// True for a saved plan whose rest this is.
    pub fn is_begun(&self) -> bool {
        matches!(self.origin, Origin::Saved { begun: true, .. })
    }

    /// What the history records as deployed; nothing for a part, since what is
    /// desired is not what is deployed then.
    pub fn recorded(&self) -> Option<&Desired> {
        self.part.is_none().then_some(&self.estate.desired)
    }
}
