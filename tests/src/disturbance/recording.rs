//! The calls of an undisturbed deployment, update and teardown.

use std::collections::BTreeMap;

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

    /// The first write of each operation on each resource, in each phase, by the operation's name.
    pub fn writes_by_operation(&self) -> BTreeMap<&str, Vec<(Phase, &FaultPoint)>> {
        let mut found: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (phase, point) in self.all(Effect::Write).filter(|(_, point)| point.nth == 1) {
            found.entry(&point.operation).or_default().push((phase, point));
        }
        found
    }
}
