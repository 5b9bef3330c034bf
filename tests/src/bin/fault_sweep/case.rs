//! One fault at one point of one phase.

use std::fmt;

use system_tests::disturbance::{Phase, Recording};
use system_tests::fault_proxy::{Effect, Fault, FaultPoint};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub phase: Phase,
    pub point: FaultPoint,
    pub fault: Fault,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.phase, self.point, self.fault)
    }
}

/// All cases, the phases in turn, so that one phase leaves what the next one needs.
pub fn all(recording: &Recording) -> Vec<Case> {
    let mut by_phase: Vec<_> = Phase::ALL.iter().map(|phase| of_phase(recording, *phase).into_iter()).collect();
    let mut cases = Vec::new();
    loop {
        let before = cases.len();
        cases.extend(by_phase.iter_mut().filter_map(Iterator::next));
        if cases.len() == before {
            return cases;
        }
    }
}

fn of_phase(recording: &Recording, phase: Phase) -> Vec<Case> {
    let points = [Effect::Write, Effect::Read].into_iter().flat_map(|effect| recording.all(effect));
    let points = points.filter(|(of, _)| *of == phase).map(|(_, point)| point);
    let faults = |point: &FaultPoint| {
        let point = point.clone();
        Fault::all_of(point.effect).iter().map(move |fault| Case { phase, point: point.clone(), fault: *fault })
    };
    points.flat_map(faults).collect()
}
