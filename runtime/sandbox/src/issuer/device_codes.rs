//! Logins on devices without a browser, from their codes to the user's word
//! (RFC 8628). Times come from the caller.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::Rng;

use super::clients::random_text;
use super::oauth_error::OAuthError;

pub(super) const LIFETIME: Duration = Duration::from_secs(600);
/// Between two polls. The standard's default is five seconds; one is enough for
/// a client to be seen waiting.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// What is added for a client that polls faster (RFC 8628, section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// Logins at the same time; the oldest make room.
const LIMIT: usize = 1_000;
/// Letters that are no words and not taken for each other (RFC 8628, section 6.1).
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// What a device asked for. Has no Debug: its key in the map is a secret.
struct Login {
    client_id: String,
    scopes: Vec<String>,
    /// Without the hyphen.
    user_code: String,
    made: Instant,
    polled: Option<Instant>,
    interval: Duration,
    decision: Decision,
}

#[derive(Clone, PartialEq)]
enum Decision {
    Pending,
    /// By whom.
    Approved(String),
    Denied,
}

/// The codes of a new login.
pub(super) struct Codes {
    pub(super) device_code: String,
    /// As the user reads it: `BCDF-GHJK`.
    pub(super) user_code: String,
}

/// A login that the user approved.
#[derive(Debug, PartialEq)]
pub(super) struct Approved {
    pub(super) user: String,
    pub(super) scopes: Vec<String>,
}

#[derive(Default)]
pub(super) struct DeviceCodes {
    logins: Mutex<HashMap<String, Login>>,
}

impl DeviceCodes {
    pub(super) fn begin(&self, client_id: &str, scopes: Vec<String>, now: Instant) -> Codes {
        let mut logins = self.lock();
        // Kept for a while after their end, so that a late poll learns why.
        logins.retain(|_, login| now.duration_since(login.made) < 2 * LIFETIME);
        if logins.len() >= LIMIT
            && let Some(oldest) = logins.iter().min_by_key(|(_, login)| login.made).map(|(code, _)| code.clone())
        {
            logins.remove(&oldest);
        }
        let (device_code, letters) = (random_text(), user_code());
        let shown = format!("{}-{}", &letters[..4], &letters[4..]);
        let login = Login {
            client_id: client_id.into(),
            scopes,
            user_code: letters,
            made: now,
            polled: None,
            interval: INTERVAL,
            decision: Decision::Pending,
        };
        logins.insert(device_code.clone(), login);
        Codes { device_code, user_code: shown }
    }

    /// Records the user's word; false when no login waits under the code.
    pub(super) fn decide(&self, user_code: &str, approved_by: Option<&str>, now: Instant) -> bool {
        let letters: String = user_code.chars().filter(char::is_ascii_alphabetic).collect();
        let letters = letters.to_ascii_uppercase();
        let mut logins = self.lock();
        let waits = |login: &&mut Login| {
            login.user_code == letters && login.decision == Decision::Pending && !login.is_over(now)
        };
        let Some(login) = logins.values_mut().find(waits) else { return false };
        login.decision = approved_by.map_or(Decision::Denied, |user| Decision::Approved(user.into()));
        true
    }

    /// What a poll gets: the grant once, or the errors of RFC 8628, section 3.5.
    pub(super) fn poll(&self, device_code: &str, client_id: &str, now: Instant) -> Result<Approved, OAuthError> {
        let mut logins = self.lock();
        let Some(login) = logins.get_mut(device_code).filter(|login| login.client_id == client_id) else {
            return Err(OAuthError::invalid_grant("the device code is unknown, used or another client's"));
        };
        let too_early = login.polled.replace(now).is_some_and(|last| now.duration_since(last) < login.interval);
        match login.decision.clone() {
            _ if login.is_over(now) => Err(OAuthError::new("expired_token", "the device code has expired")),
            Decision::Denied => {
                logins.remove(device_code);
                Err(OAuthError::new("access_denied", "the user said no"))
            }
            Decision::Pending | Decision::Approved(_) if too_early => {
                login.interval += SLOWER;
                Err(OAuthError::new("slow_down", "the client polls faster than it may: 5 seconds are added"))
            }
            Decision::Pending => Err(OAuthError::new("authorization_pending", "the user has not answered yet")),
            Decision::Approved(user) => {
                let scopes = std::mem::take(&mut login.scopes);
                logins.remove(device_code);
                Ok(Approved { user, scopes })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Login>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Login {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.made) >= LIFETIME
    }
}

/// 34 bits, for ten minutes and this machine alone.
fn user_code() -> String {
    let mut random = rand::rng();
    (0..8).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(codes: &DeviceCodes, device_code: &str, now: Instant) -> Result<Approved, &'static str> {
        codes.poll(device_code, "c", now).map_err(|error| error.code)
    }

    #[test]
    fn a_login_waits_for_the_user_and_is_given_once() {
        let (codes, start) = (DeviceCodes::default(), Instant::now());
        let login = codes.begin("c", vec!["openid".into()], start);
        assert_eq!(poll(&codes, &login.device_code, start), Err("authorization_pending"));
        assert!(codes.decide(&login.user_code.to_lowercase().replace('-', ""), Some("ada"), start));
        assert!(!codes.decide(&login.user_code, None, start), "a decision is final");
        let approved = Approved { user: "ada".into(), scopes: vec!["openid".into()] };
        assert_eq!(poll(&codes, &login.device_code, start + INTERVAL), Ok(approved));
        assert_eq!(poll(&codes, &login.device_code, start + 2 * INTERVAL), Err("invalid_grant"));
    }

    #[test]
    fn polling_too_fast_makes_the_interval_longer() {
        let (codes, start) = (DeviceCodes::default(), Instant::now());
        let code = codes.begin("c", vec![], start).device_code;
        let half = INTERVAL / 2;
        assert_eq!(poll(&codes, &code, start), Err("authorization_pending"));
        assert_eq!(poll(&codes, &code, start + half), Err("slow_down"));
        assert_eq!(poll(&codes, &code, start + half + INTERVAL), Err("slow_down"));
        let later = start + half + INTERVAL + INTERVAL + 2 * SLOWER;
        assert_eq!(poll(&codes, &code, later), Err("authorization_pending"));
    }

    #[test]
    fn a_denied_and_an_expired_login_say_so() {
        let (codes, start) = (DeviceCodes::default(), Instant::now());
        let denied = codes.begin("c", vec![], start);
        assert!(codes.decide(&denied.user_code, None, start));
        assert_eq!(poll(&codes, &denied.device_code, start), Err("access_denied"));
        let late = codes.begin("c", vec![], start);
        assert!(!codes.decide(&late.user_code, Some("ada"), start + LIFETIME));
        assert_eq!(poll(&codes, &late.device_code, start + LIFETIME), Err("expired_token"));
    }

    #[test]
    fn another_client_s_code_is_unknown() {
        let (codes, now) = (DeviceCodes::default(), Instant::now());
        let code = codes.begin("another", vec![], now).device_code;
        assert_eq!(poll(&codes, &code, now), Err("invalid_grant"));
    }

    #[test]
    fn logins_do_not_pile_up() {
        let (codes, start) = (DeviceCodes::default(), Instant::now());
        let first = codes.begin("c", vec![], start).device_code;
        (0..LIMIT).for_each(|_| drop(codes.begin("c", vec![], start + INTERVAL)));
        assert_eq!(codes.lock().len(), LIMIT);
        assert_eq!(poll(&codes, &first, start + INTERVAL), Err("invalid_grant"));
    }
}
