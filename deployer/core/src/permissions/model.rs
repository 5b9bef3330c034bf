//! One planned call.

/// What the call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Reading what is deployed: `plan`, `drift`, `status`, and each `up` and `down`.
    Plan,
    Up,
    Down,
    /// The smoke test after `up`.
    Smoke,
    Doctor,
    /// `logs`, `history`, `outputs`, `images`, `gateway`, `target`.
    Operate,
    Adopt,
}

/// Whose permission decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    Deployer,
    /// CloudFormation's handlers, as the deployer or as the role that the settings name.
    CloudFormation,
}

/// An action that is called, with what it is called on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// `iam:CreateRole`
    pub action: &'static str,
    /// An ARN, or a pattern of ARNs.
    pub resource: String,
    /// "make the gateway role"
    pub purpose: &'static str,
    pub when: &'static [When],
    pub caller: Caller,
    /// Sid of the statement that allows it; None for what needs no permission.
    pub statement: Option<&'static str>,
    /// Condition keys with one value each that the call carries, for a simulation.
    pub context: Vec<(String, String)>,
}
