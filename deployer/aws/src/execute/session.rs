//! One run from its first step to its last: what starts when, under which lock,
//! and how it ends. Steps that do not depend on each other run at the same time,
//! all on this one task.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deployer_core::progress::Event;
use deployer_core::{Failure, StepId};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::Run;
use super::act::{Acting, Outputs};
use super::lock::Lock;
use super::schedule::{Schedule, Task};
use super::step::describe;
use crate::{journal, wait};

/// What a step gets to notice Ctrl-C by itself before it is cut off in the middle of a call.
const GRACE: Duration = Duration::from_secs(2);

/// What the journal and the lease get for their last writes once the run is to stop.
const LAST_WRITE: Duration = Duration::from_secs(5);

pub struct Session<'a> {
    run: &'a Run<'a>,
    run_id: String,
    /// Cancelled by Ctrl-C and by the loss of the lease.
    stop: CancellationToken,
    /// Its writes go one after the other: transactions that check the same lease exclude each other.
    lock: tokio::sync::Mutex<Lock>,
    /// The same as the lock's, for those who must not wait for it.
    table_missing: AtomicBool,
    outputs: Outputs,
    done: Mutex<Vec<StepId>>,
}

impl<'a> Session<'a> {
    pub fn new(run: &'a Run<'a>, run_id: String) -> Self {
        Self {
            run,
            run_id,
            stop: run.cancel.child_token(),
            lock: tokio::sync::Mutex::new(Lock::NotTaken),
            table_missing: AtomicBool::new(false),
            outputs: Outputs::default(),
            done: Mutex::new(Vec::new()),
        }
    }

    /// Gives the run's id when every step is done. After a failure no further
    /// step starts, those at work come to their end, and the first failure is the run's.
    pub async fn run(&self) -> Result<String, Failure> {
        self.until_stopped("take the lease", self.take_lock()).await?;
        let mut schedule = Schedule::of(self.run.plan);
        if self.has_no_table() && !schedule.makes_table() {
            let text = "the deployments table does not exist: this run is neither locked nor recorded".into();
            self.run.reporter.report(Event::Note { text });
        }
        match self.steps(&mut schedule).await {
            Some(failure) => Err(self.cause(failure).await),
            None => schedule.stuck().map_or(Ok(self.run_id.clone()), |step| Err(stuck(describe(step)))),
        }
    }

    /// Closes the journal, releases the lease and gives the steps that were done, in the order of their ends.
    pub async fn close(self, result: &Result<String, Failure>) -> Vec<StepId> {
        let result = result.as_ref().map(|_| ()).map_err(Failure::clone);
        let mut lock = self.lock.into_inner();
        last_write(&self.stop, lock.close(&result)).await;
        self.done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure, if there is one. Waits for nothing but the steps: one
    /// that is not polled would keep what it holds.
    async fn steps(&self, schedule: &mut Schedule<'a>) -> Option<Failure> {
        let mut first = None;
        let mut working = FuturesUnordered::new();
        loop {
            if first.is_none() {
                working.extend(schedule.start(self.has_no_table()).into_iter().map(|task| self.step(task)));
            }
            match working.next().await {
                None => return first,
                Some((task, Ok(()))) => schedule.done(task),
                Some((_, Err(failure))) => first = first.or(Some(failure)),
            }
        }
    }

    async fn step(&self, task: Task<'a>) -> (Task<'a>, Result<(), Failure>) {
        if self.stop.is_cancelled() {
            return (task, Err(wait::interrupted(&describe(task.step))));
        }
        let (reporter, key) = (self.run.reporter, task.step.id.name());
        reporter.started(key, describe(task.step));
        let result = self.recorded(task).await;
        match &result {
            Ok(summary) => reporter.finished(key, summary),
            Err(failure) => reporter.failed(key, &failure.cause),
        }
        let result = match result {
            Ok(summary) => {
                self.done().push(task.step.id);
                self.lock_after(task, summary).await
            }
            Err(failure) => Err(failure),
        };
        (task, result)
    }

    /// The intent goes first; how the step ended is noted in any case.
    async fn recorded(&self, task: Task<'a>) -> Result<String, Failure> {
        let doing = describe(task.step);
        self.until_stopped(&doing, async { self.lock.lock().await.intent(task).await }).await?;
        let result = self.until_stopped(&doing, self.acted(task)).await;
        let noting = async { self.lock.lock().await.result(task, &result).await };
        let noted = last_write(&self.stop, noting).await.unwrap_or(Ok(()));
        result.and_then(|summary| noted.map(|()| summary))
    }

    async fn acted(&self, task: Task<'a>) -> Result<String, Failure> {
        let done = self.done().clone();
        let acting = Acting { run: self.run, run_id: &self.run_id, stop: &self.stop, outputs: &self.outputs, task };
        let observed = acting.unmoved(&done, self.has_no_table()).await?;
        if task.deletes_table() {
            self.lock.lock().await.give_back().await;
        }
        acting.act(&observed).await
    }

    /// The first run takes its lease as soon as there is a table for it.
    async fn lock_after(&self, task: Task<'a>, summary: String) -> Result<(), Failure> {
        if !task.makes_table() || !self.has_no_table() {
            return Ok(());
        }
        self.until_stopped("take the lease", self.take_lock()).await?;
        self.lock.lock().await.result(task, &Ok(summary)).await
    }

    async fn take_lock(&self) -> Result<(), Failure> {
        let mut lock = self.lock.lock().await;
        if lock.is_open() {
            *lock = Lock::take(self.run, &self.run_id, &self.stop).await?;
        }
        self.table_missing.store(lock.has_no_table(), Ordering::Relaxed);
        Ok(())
    }

    /// A run that stops because its lease is lost says so.
    async fn cause(&self, failure: Failure) -> Failure {
        let lost = self.lock.lock().await.is_lost();
        if failure.code == "run/interrupted" && lost { journal::lease_lost() } else { failure }
    }

    /// Work that ends when the run is to stop, even in the middle of a call that
    /// hangs. Such a call may have had its effect: the next run finds that out.
    async fn until_stopped<T>(
        &self,
        doing: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            result = work => result,
            () = self.cut_off() => Err(wait::cut_off(doing)),
        }
    }

    /// After Ctrl-C a call may end by itself; without the lease others may be at work already.
    async fn cut_off(&self) {
        self.stop.cancelled().await;
        if self.run.cancel.is_cancelled() {
            tokio::time::sleep(GRACE).await;
        }
    }

    fn has_no_table(&self) -> bool {
        self.table_missing.load(Ordering::Relaxed)
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Vec<StepId>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// None when the run is to stop and the write takes too long.
async fn last_write<T>(stop: &CancellationToken, write: impl Future<Output = T>) -> Option<T> {
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_WRITE).await;
    };
    tokio::select! {
        biased;
        written = write => Some(written),
        () = too_long => None,
    }
}

fn stuck(doing: String) -> Failure {
    Failure::new("plan/stale", doing, "steps of the plan wait for each other")
        .with_hint("run the same command again: it makes a new plan")
}
