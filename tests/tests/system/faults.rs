//! Each write of a deployment, an update and a teardown goes wrong in each way;
//! the same command again ends where it would have ended.
//!
//! Here every distinct write meets every fault once, several in one row of
//! runs, beside a seeded sample of isolated cases. `fault-sweep` tries all.

use std::sync::PoisonError;

use fastrand::Rng;
use system_tests::disturbance::{Phase, Rig};
use system_tests::fault_proxy::{Effect, Fault, FaultPoint};

use crate::shared::ONE_DEPLOYMENT;

/// Isolated cases; `FAULT_SEED` repeats a run.
const SAMPLE: usize = 6;

#[test]
fn after_any_fault_the_same_command_converges() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let rig = Rig::new();
    every_phase_writes(&rig);
    for round in 0..Fault::OF_WRITES.len() {
        for phase in Phase::ALL {
            let runs = a_row_of_faults(&rig, phase, round);
            println!("round {round}, {phase}: converged after {runs} runs");
        }
    }
    a_sample_in_isolation(&rig);
}

/// Otherwise the proxy would be bypassed and nothing below would mean anything.
fn every_phase_writes(rig: &Rig) {
    for phase in Phase::ALL {
        let writes = rig.recording.distinct(phase, Effect::Write);
        assert!(writes.len() >= 5, "{phase} made only these writes through the proxy: {writes:?}");
    }
}

/// Every distinct write of the phase meets one fault, another one in each round;
/// the command is run again until nothing is left to meet and it succeeds. Returns how often.
fn a_row_of_faults(rig: &Rig, phase: Phase, round: usize) -> usize {
    let points = rig.recording.distinct(phase, Effect::Write);
    let fault = |index: usize| Fault::OF_WRITES[(index + round) % Fault::OF_WRITES.len()];
    let mut left: Vec<(FaultPoint, Fault)> =
        points.into_iter().enumerate().map(|(index, point)| (point, fault(index))).collect();
    let most_runs = left.len() + 2;
    rig.prepare(phase);
    let mut runs = 0;
    while runs < most_runs {
        runs += 1;
        let ran = rig.run(phase, left.clone());
        rig.died_well(&ran).unwrap_or_else(|problem| panic!("{phase}, {:?}: {problem}", ran.met));
        left.retain(|armed| !ran.met.contains(armed));
        if ran.finished.code == Some(0) {
            break;
        }
    }
    let last = rig.run(phase, []);
    rig.finish(phase, last.finished).unwrap_or_else(|problem| panic!("{phase}, round {round}: {problem}"));
    // A call that was no longer needed after an earlier fault gets its own in a deployment of its own.
    for (point, fault) in left {
        assert!(alone(rig, phase, &point, fault), "{phase}: {point} did not come");
    }
    runs
}

/// One fault in an otherwise undisturbed deployment. False when the call did not come.
fn alone(rig: &Rig, phase: Phase, point: &FaultPoint, fault: Fault) -> bool {
    rig.prepare(phase);
    rig.try_one(phase, point, fault).unwrap_or_else(|problem| panic!("{phase}: {point} {fault}: {problem}"))
}

fn a_sample_in_isolation(rig: &Rig) {
    let seed = std::env::var("FAULT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("FAULT_SEED={seed}");
    let mut random = Rng::with_seed(seed);
    let cases: Vec<_> =
        [Effect::Write, Effect::Read].into_iter().flat_map(|effect| rig.recording.all(effect)).collect();
    // How often something is asked for until it is there differs between runs, so some calls do not come.
    let met = (0..2 * SAMPLE).filter(|_| {
        let (phase, point) = random.choice(&cases).expect("there are calls");
        let fault = *random.choice(Fault::all_of(point.effect)).expect("there are faults");
        println!("{phase}: {point} {fault}");
        alone(rig, *phase, point, fault)
    });
    assert_eq!(met.take(SAMPLE).count(), SAMPLE, "of {} calls that were recorded too few came", 2 * SAMPLE);
}
