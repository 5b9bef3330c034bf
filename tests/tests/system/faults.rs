//! Each write operation of a deployment, an update and a teardown goes wrong
//! in each way; the same command again ends where it would have ended.
//!
//! Here every operation meets every fault once, several in one row of runs,
//! beside a seeded sample of single cases. `fault-sweep` tries each call.

use std::sync::PoisonError;

use fastrand::Rng;
use system_tests::disturbance::{Phase, Rig};
use system_tests::fault_proxy::{Effect, Fault, FaultPoint};

use crate::shared::ONE_DEPLOYMENT;

/// Single cases; `FAULT_SEED` repeats them.
const SAMPLE: usize = 6;

/// Faults that are met in one row of runs of a phase's command.
struct Row {
    phase: Phase,
    faults: Vec<(FaultPoint, Fault)>,
}

#[test]
fn after_any_fault_the_same_command_converges() {
    let _turn = ONE_DEPLOYMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let rig = Rig::new();
    for row in rows(&rig) {
        let (phase, count) = (row.phase, row.faults.len());
        let runs = meet(&rig, row);
        println!("{phase}: converged after {count} faults and {runs} runs");
    }
    a_sample(&rig);
}

/// Every write operation with every fault. The faults of an operation are dealt
/// out to its calls; a call gets one in each round.
fn rows(rig: &Rig) -> Vec<Row> {
    let operations = rig.recording.writes_by_operation();
    // Otherwise the proxy would be bypassed and nothing here would mean anything.
    assert!(operations.len() >= 15, "these writes went through the proxy: {:?}", operations.keys());
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..Fault::OF_WRITES.len() {
        for phase in Phase::ALL {
            let dealt = operations.values().flat_map(|points| {
                let faults = Fault::OF_WRITES.iter().enumerate().filter(|(index, _)| index / points.len() == round);
                faults.map(|(index, fault)| (points[index % points.len()], *fault))
            });
            let of_phase = dealt.filter(|((of, _), _)| *of == phase);
            let faults: Vec<_> = of_phase.map(|((_, point), fault)| (point.clone(), fault)).collect();
            if !faults.is_empty() {
                rows.push(Row { phase, faults });
            }
        }
    }
    rows
}

/// Runs the command again until nothing is left to meet and it succeeds. Returns how often.
fn meet(rig: &Rig, row: Row) -> usize {
    let Row { phase, faults: mut left } = row;
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
    rig.finish(phase, last.finished).unwrap_or_else(|problem| panic!("{phase}: {problem}"));
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

fn a_sample(rig: &Rig) {
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
