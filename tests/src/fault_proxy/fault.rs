//! What can go wrong with a call, and where.

use std::fmt;

use super::call::{Call, Effect};

/// One way in which a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A service error of status 400 that no client repeats; nothing was done.
    Refused,
    /// Access denied, status 403; nothing was done. No part of a sweep, since to the deployer it is as `Refused`.
    Denied,
    /// Done, and the answer to the first attempt is lost.
    AnswerLost,
    /// The first attempt is throttled.
    Throttled,
    /// Every attempt ends with status 500; nothing was done.
    ServerError,
    /// No attempt is ever answered; nothing was done.
    Hang,
    /// The deployer is killed before the call does anything.
    KilledBefore,
    /// The deployer is killed after the call was done, before it is answered.
    KilledAfter,
}

impl Fault {
    /// The six faults of a write; kill -9 of the process on both sides of the effect.
    pub const OF_WRITES: [Self; 7] = [
        Self::Refused,
        Self::AnswerLost,
        Self::Throttled,
        Self::ServerError,
        Self::Hang,
        Self::KilledBefore,
        Self::KilledAfter,
    ];
    pub const OF_READS: [Self; 2] = [Self::Refused, Self::Hang];

    pub fn all_of(effect: Effect) -> &'static [Self] {
        match effect {
            Effect::Write => &Self::OF_WRITES,
            Effect::Read => &Self::OF_READS,
        }
    }

    /// Whether the attempts that follow the first meet it too.
    pub(super) fn lasts(self) -> bool {
        matches!(self, Self::ServerError | Self::Hang)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Denied => "denied",
            Self::AnswerLost => "answer-lost",
            Self::Throttled => "throttled",
            Self::ServerError => "server-error",
            Self::Hang => "hang",
            Self::KilledBefore => "killed-before",
            Self::KilledAfter => "killed-after",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The nth call of an operation on a resource, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaultPoint {
    pub operation: String,
    pub resource: String,
    pub effect: Effect,
    pub nth: usize,
}

impl FaultPoint {
    /// The first write of an operation on a resource.
    pub fn first_write(operation: &str, resource: &str) -> Self {
        Self { operation: operation.into(), resource: resource.into(), effect: Effect::Write, nth: 1 }
    }

    /// Every call of a log as a point, in order.
    pub fn all_of(log: &[Call]) -> Vec<Self> {
        let point = |(index, call): (usize, &Call)| {
            let same = |earlier: &&Call| (&earlier.operation, &earlier.resource) == (&call.operation, &call.resource);
            Self {
                operation: call.operation.clone(),
                resource: call.resource.clone(),
                effect: call.effect,
                nth: log[..=index].iter().filter(same).count(),
            }
        };
        log.iter().enumerate().map(point).collect()
    }
}

impl fmt::Display for FaultPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} #{}", self.operation, self.resource, self.nth)
    }
}

/// A text in an operation's requests that another one takes the place of.
#[derive(Debug, Clone)]
pub struct Rewriting {
    pub operation: String,
    pub resource: String,
    pub from: String,
    pub to: String,
}
