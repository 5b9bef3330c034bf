//! Taking, renewing, releasing and breaking the lease, by conditional writes only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use deployer_core::{Failure, Settings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::decision::{Decision, decide};
use super::holder::{Process, start_of};
use super::record::{EXPIRES_AT, FENCE, LeaseRecord, TOKEN, key, number, text};
use crate::Clients;
use crate::clock::{now_ms, now_text};
use crate::errors::{failed, found};

/// A lease is renewed when this part of its life is over, so that three renewals may fail.
const RENEWALS_PER_LIFE: u32 = 4;
/// How often a take may be overtaken by another write before it gives up.
const TRIES: u32 = 5;

/// A lease that this process holds and renews until it is released or dropped.
pub(crate) struct Lease {
    pub record: LeaseRecord,
    lost: Arc<AtomicBool>,
    slot: Slot,
    renewal: JoinHandle<()>,
}

/// How long the settings let a lease live that is not renewed.
fn life(settings: &Settings) -> Duration {
    Duration::from_secs(settings.deadlines.lease_seconds.into())
}

pub(crate) enum Taken {
    Held(Lease),
    /// The deployments table does not exist (yet, or any more).
    NoTable,
}

/// Takes the environment's lease. `stop` is cancelled when it is lost: when a
/// renewal is refused, or none succeeds in time.
///
/// Errors: `run/locked` naming the holder; the codes of every AWS call.
pub(crate) async fn take(clients: &Clients, settings: &Settings, stop: &CancellationToken) -> Result<Taken, Failure> {
    let slot = Slot::new(clients, settings);
    for _ in 0..TRIES {
        let Some(current) = slot.read().await? else { return Ok(Taken::NoTable) };
        let this = Process::current();
        let Decision::Take { fence } = decide(current.as_ref(), now_ms(), &this, start_of) else {
            return Err(locked(settings, current.as_ref()));
        };
        let record = LeaseRecord {
            holder: this.label(),
            process: this,
            since: now_text(),
            fence,
            token: Uuid::new_v4().to_string(),
            expires_at: expiry(life(settings)),
        };
        if slot.write(&record, current.as_ref()).await? {
            return Ok(Taken::Held(Lease::renewing(slot, record, life(settings), stop.clone())));
        }
    }
    Err(locked(settings, slot.read().await?.flatten().as_ref()))
}

/// Who is at work on the environment right now, if anybody.
pub async fn current(clients: &Clients, settings: &Settings) -> Result<Option<LeaseRecord>, Failure> {
    let found = Slot::new(clients, settings).read().await.map_err(|failure| clients.advise(failure))?.flatten();
    Ok(found.filter(|lease| decide(Some(lease), now_ms(), &Process::current(), start_of) == Decision::Locked))
}

/// Takes the lease away from whoever holds it: their run ends at its next renewal
/// or journal write. Gives the holder that was; None when nobody held it.
///
/// Errors: the codes of every AWS call; `run/locked` when others take it at the same moment.
pub async fn unlock(clients: &Clients, settings: &Settings) -> Result<Option<LeaseRecord>, Failure> {
    break_open(&Slot::new(clients, settings), settings).await.map_err(|failure| clients.advise(failure))
}

async fn break_open(slot: &Slot, settings: &Settings) -> Result<Option<LeaseRecord>, Failure> {
    for _ in 0..TRIES {
        let Some(found) = slot.read().await?.flatten().filter(|lease| lease.expires_at > 0) else { return Ok(None) };
        let token = Uuid::new_v4().to_string();
        let broken = LeaseRecord { fence: found.fence + 1, expires_at: 0, token, ..found.clone() };
        // A renewal that comes in between moves the end of the lease, and with it what the write expects.
        if slot.write(&broken, Some(&found)).await? {
            return Ok(Some(found).filter(|lease| lease.expires_at > now_ms()));
        }
    }
    Err(locked(settings, slot.read().await?.flatten().as_ref()))
}

/// The failure of a second deployer.
pub(crate) fn locked(settings: &Settings, holder: Option<&LeaseRecord>) -> Failure {
    let doing = format!("take the lease of environment `{}`", settings.environment);
    let cause = match holder {
        Some(lease) => format!("held by {} since {}", lease.holder, lease.since),
        None => "others take it at the same moment".to_string(),
    };
    Failure::new("run/locked", doing, cause).with_hint(format!(
        "wait until that run has ended, then run the same command again; one that was killed holds the lease for {} \
         seconds at most",
        settings.deadlines.lease_seconds
    ))
}

impl Lease {
    fn renewing(slot: Slot, record: LeaseRecord, life: Duration, stop: CancellationToken) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let (renewed, flag) = (renew(slot.clone(), record.clone(), life), lost.clone());
        let renewal = tokio::spawn(async move {
            renewed.await;
            flag.store(true, Ordering::SeqCst);
            stop.cancel();
        });
        Self { record, lost, slot, renewal }
    }

    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Gives the lease back. When that fails it expires by itself.
    pub async fn release(self) {
        self.renewal.abort();
        if let Err(failure) = self.slot.extend(&self.record, 0).await {
            tracing::warn!(%failure, "the lease was not released and expires by itself");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews, and returns when the lease is lost: refused, or not renewed before it expired.
async fn renew(slot: Slot, record: LeaseRecord, life: Duration) {
    let mut expires_at = record.expires_at;
    let pause = life / RENEWALS_PER_LIFE;
    loop {
        tokio::time::sleep(pause).await;
        let next = expiry(life);
        // A call that hangs must not outlive the lease.
        match tokio::time::timeout(pause, slot.extend(&record, next)).await {
            Ok(Ok(true)) => expires_at = next,
            Ok(Ok(false)) => return,
            Ok(Err(failure)) => tracing::warn!(%failure, "the lease was not renewed"),
            Err(_) => tracing::warn!("the renewal of the lease got no answer"),
        }
        if now_ms() >= expires_at {
            return;
        }
    }
}

fn expiry(life: Duration) -> u64 {
    now_ms() + u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}

/// The lease's place in the table.
#[derive(Clone)]
struct Slot {
    client: Client,
    table: String,
}

impl Slot {
    fn new(clients: &Clients, settings: &Settings) -> Self {
        Self { client: clients.dynamodb().clone(), table: settings.names().deployments_table() }
    }

    /// Outer None without a table, inner None when the lease was never taken.
    async fn read(&self) -> Result<Option<Option<LeaseRecord>>, Failure> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key())).consistent_read(true);
        let answer = found(request.send().await).map_err(|trouble| trouble.failure("read the lease"))?;
        Ok(answer.map(|answer| answer.item.as_ref().and_then(LeaseRecord::from_item)))
    }

    /// False when the item is not the expected one any more.
    async fn write(&self, record: &LeaseRecord, expected: Option<&LeaseRecord>) -> Result<bool, Failure> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(record.to_item()));
        let request = match expected {
            None => request.condition_expression("attribute_not_exists(pk)"),
            Some(expected) => request
                .condition_expression("#fence = :fence AND #expires = :expires")
                .expression_attribute_names("#fence", FENCE)
                .expression_attribute_names("#expires", EXPIRES_AT)
                .expression_attribute_values(":fence", number(expected.fence))
                .expression_attribute_values(":expires", number(expected.expires_at)),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(self.read().await?.flatten().is_some_and(|now| now == *record))
            }
            Err(error) => Err(failed("write the lease")(error)),
        }
    }

    /// Moves the end of a lease; 0 releases it. False when it is not this one any more.
    async fn extend(&self, record: &LeaseRecord, expires_at: u64) -> Result<bool, Failure> {
        let set = |name: &str, value: AttributeValue| (name.to_string(), value);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key()))
            .update_expression("SET #expires = :expires")
            .condition_expression("#fence = :fence AND #token = :token")
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_names("#fence", FENCE)
            .expression_attribute_names("#token", TOKEN)
            .set_expression_attribute_values(Some(
                [
                    set(":expires", number(expires_at)),
                    set(":fence", number(record.fence)),
                    set(":token", text(&record.token)),
                ]
                .into(),
            ));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if refused(&error) => Ok(false),
            Err(error) => Err(failed("renew the lease")(error)),
        }
    }
}

fn refused<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}
