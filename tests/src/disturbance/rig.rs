//! A place with a proxy in front of its platform, and what it should end as.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::phase::Phase;
use super::recording::Recording;
use crate::fault_proxy::{Fault, FaultPoint, FaultProxy};
use crate::inventory::{Inventory, inventory, is_empty};
use crate::{AwsClient, Finished, Place, send};

const TABLE: &str = "aws-operations-agent-conversations-local";

/// How often the same command is run again after an interrupted one.
const FURTHER_RUNS: usize = 2;

/// One local platform to disturb.
pub struct Rig {
    place: Place,
    /// Its platform's address.
    platform: String,
    proxy: FaultProxy,
    aws: AwsClient,
    /// Counts the states that were prepared.
    generation: AtomicUsize,
    /// What exists after each phase when nothing goes wrong.
    undisturbed: BTreeMap<Phase, Inventory>,
    pub recording: Recording,
}

/// What a disturbed command did, for a report.
#[derive(Debug)]
pub struct Ran {
    pub finished: Finished,
    pub met: Vec<(FaultPoint, Fault)>,
}

impl Rig {
    /// Starts a platform and records the three phases undisturbed. The account is empty then.
    pub fn new() -> Self {
        let place = Place::with_local(&Phase::Fresh.settings(0));
        let platform = place.start_platform();
        let proxy = FaultProxy::start(&platform);
        let aws = place.aws();
        let (undisturbed, recording) = (BTreeMap::new(), Recording::default());
        let mut rig = Self { place, platform, proxy, aws, generation: AtomicUsize::new(0), undisturbed, recording };
        // The first run compiles the images, which is nothing to record.
        for _ in 0..2 {
            Phase::ALL.into_iter().for_each(|phase| rig.record(phase));
        }
        rig
    }

    fn record(&mut self, phase: Phase) {
        if phase == Phase::Fresh {
            self.forget_images();
        }
        self.place.change_local(&phase.settings(self.generation.fetch_add(1, Ordering::Relaxed)));
        self.run(phase, []).finished.succeeded();
        self.recording.points.insert(phase, FaultPoint::all_of(&self.proxy.log()));
        self.undisturbed.insert(phase, inventory(&self.aws));
    }

    /// The emulator's registry keeps what a deleted repository held, so that a
    /// second deployment would upload nothing. The account is empty at this moment.
    fn forget_images(&self) {
        let answer = send(|http| http.post(format!("{}/_ministack/reset", self.platform)));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Brings the account to where the phase has everything to do.
    pub fn prepare(&self, phase: Phase) {
        match phase {
            Phase::Fresh => {
                self.place.deploy(Phase::Down.arguments()).succeeded();
                self.forget_images();
            }
            Phase::Update | Phase::Down => {
                self.place.change_local(&Phase::Fresh.settings(0));
                self.place.deploy(Phase::Fresh.arguments()).succeeded();
                self.aws.call("dynamodb", "put_item", json!({"TableName": TABLE, "Item": item()}));
            }
        }
        self.place.change_local(&phase.settings(self.generation.fetch_add(1, Ordering::Relaxed)));
    }

    /// Runs the phase's command once, with these faults armed.
    pub fn run(&self, phase: Phase, faults: impl IntoIterator<Item = (FaultPoint, Fault)>) -> Ran {
        let finished = self.proxy.run(&mut self.place.deployer(phase.arguments()), faults);
        Ran { finished, met: self.proxy.met() }
    }

    /// Runs the phase with one fault, then again undisturbed until it succeeds, and looks at the result.
    ///
    /// False when the call that was to go wrong did not come.
    pub fn try_one(&self, phase: Phase, point: &FaultPoint, fault: Fault) -> Result<bool, String> {
        let ran = self.run(phase, [(point.clone(), fault)]);
        self.died_well(&ran)?;
        self.finish(phase, ran.finished)?;
        Ok(!ran.met.is_empty())
    }

    /// A disturbed command was killed, was not bothered, or ended with a documented code and a reason.
    pub fn died_well(&self, ran: &Ran) -> Result<(), String> {
        let Finished { code, stderr, .. } = &ran.finished;
        let killed = ran.met.iter().any(|(_, fault)| matches!(fault, Fault::KilledBefore | Fault::KilledAfter));
        let told = stderr.contains("error") && !stderr.contains("panicked");
        match code {
            Some(0) => Ok(()),
            None if killed => Ok(()),
            Some(1 | 4 | 5) if told => Ok(()),
            code => Err(format!("ended with {code:?}:\n{stderr}")),
        }
    }

    /// Runs the phase again until it succeeds, then compares with an undisturbed one.
    pub fn finish(&self, phase: Phase, mut last: Finished) -> Result<(), String> {
        for _ in 0..FURTHER_RUNS {
            if last.code == Some(0) {
                break;
            }
            let ran = self.run(phase, []);
            self.died_well(&ran)?;
            last = ran.finished;
        }
        match last.code {
            Some(0) => self.check(phase),
            code => Err(format!("ended with {code:?} after {FURTHER_RUNS} further runs:\n{}", last.stderr)),
        }
    }

    /// Compares with an undisturbed deployment.
    pub fn check(&self, phase: Phase) -> Result<(), String> {
        let found = inventory(&self.aws);
        let expected = &self.undisturbed[&phase];
        if found != *expected {
            return Err(difference(expected, &found));
        }
        match phase {
            Phase::Fresh => self.check_plan(),
            Phase::Update => self.check_plan().and_then(|()| self.check_item()),
            Phase::Down if is_empty(&found) => Ok(()),
            Phase::Down => Err(format!("left behind: {found:?}")),
        }
    }

    fn check_plan(&self) -> Result<(), String> {
        let plan = self.place.deploy(&["plan", "--env", "local", "--json"]);
        if plan.code != Some(0) {
            return Err(format!("plan ended with {:?}:\n{}", plan.code, plan.stderr));
        }
        let plan = plan.json();
        if plan["changes"] == false { Ok(()) } else { Err(format!("the plan is not empty: {plan:#}")) }
    }

    /// The conversation from before the update.
    fn check_item(&self) -> Result<(), String> {
        let found = self.aws.call("dynamodb", "scan", json!({"TableName": TABLE}));
        if found["Items"] == json!([item()]) { Ok(()) } else { Err(format!("the conversation is lost: {found}")) }
    }
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

fn item() -> Value {
    json!({"conversation_id": {"S": "from-before"}, "item": {"S": "meta"}})
}

fn difference(expected: &Inventory, found: &Inventory) -> String {
    let kinds = expected.keys().chain(found.keys()).collect::<std::collections::BTreeSet<_>>();
    let differing = kinds.into_iter().filter(|kind| expected.get(*kind) != found.get(*kind));
    let lines = differing.map(|kind| format!("{kind}: {:?} instead of {:?}", found.get(kind), expected.get(kind)));
    lines.collect::<Vec<_>>().join("\n")
}
