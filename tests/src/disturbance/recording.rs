//! The calls of an undisturbed deployment, update and teardown.

use std::collections::{BTreeMap, BTreeSet};

use super::phase::Phase;
use crate::fault_proxy::{Effect, FaultPoint};

/// Fault points by phase, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Recording {
    pub points: BTreeMap<Phase, Vec<FaultPoint>>,
}

impl Recording {
    /// Every call of one kind.
    pub fn all(&self, effect: Effect) -> impl Iterator<Item = (Phase, &FaultPoint)> {
        let of = move |(phase, points): (&Phase, _)| {
            let phase = *phase;
            let points: &Vec<FaultPoint> = points;
            points.iter().filter(move |point| point.effect == effect).map(move |point| (phase, point))
        };
        self.points.iter().flat_map(of)
    }

    /// The first call of each operation on each resource.
    pub fn distinct(&self, phase: Phase, effect: Effect) -> Vec<FaultPoint> {
        let points = self.points.get(&phase).map(Vec::as_slice).unwrap_or_default();
        points.iter().filter(|point| point.nth == 1 && point.effect == effect).cloned().collect()
    }

    /// Names of the operations, for people.
    pub fn operations(&self) -> BTreeSet<&str> {
        self.points.values().flatten().map(|point| point.operation.as_str()).collect()
    }
}
