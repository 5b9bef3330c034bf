//! Who may use the local server: whoever shows its key.
//!
//! The address that is printed carries the key in its fragment, which browsers send to no server and
//! name in no referrer. The address that is handed to the browser is different: on its way there it
//! is an argument of a program, which every process of this machine can read. It carries a ticket
//! instead, good for one use within a minute; the page gets the key for it.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

/// Header in which the page shows its key.
pub const KEY_HEADER: &str = "x-chat-key";

const TICKET_LIFE: Duration = Duration::from_secs(60);

/// 256 random bits as base64url, 43 characters.
pub struct Key(String);

impl Key {
    fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// For the one place that prints or sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Takes as long for a nearly right key as for a wrong one.
    fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(<redacted>)")
    }
}

/// The server's key and the tickets that were handed out for it.
#[derive(Debug)]
pub struct Door {
    key: Key,
    tickets: Mutex<Vec<Ticket>>,
}

#[derive(Debug)]
struct Ticket {
    key: Key,
    until: Instant,
}

impl Door {
    pub fn new() -> Self {
        Self { key: Key::random(), tickets: Mutex::default() }
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    /// A new ticket, as text.
    pub fn ticket(&self, now: Instant) -> String {
        let key = Key::random();
        let text = key.expose().to_owned();
        self.with_tickets(|tickets| tickets.push(Ticket { key, until: now + TICKET_LIFE }));
        text
    }

    /// Whether the key was shown; a ticket is none.
    pub fn admits(&self, shown: &[u8]) -> bool {
        self.key.is(shown)
    }

    /// The key, for itself or for a ticket, which is used up by that.
    pub fn open(&self, shown: &[u8], now: Instant) -> Option<&Key> {
        (self.admits(shown) || self.take(shown, now)).then_some(&self.key)
    }

    fn take(&self, shown: &[u8], now: Instant) -> bool {
        self.with_tickets(|tickets| {
            tickets.retain(|ticket| now < ticket.until);
            let found = tickets.iter().position(|ticket| ticket.key.is(shown));
            found.map(|index| tickets.swap_remove(index)).is_some()
        })
    }

    fn with_tickets<T>(&self, work: impl FnOnce(&mut Vec<Ticket>) -> T) -> T {
        work(&mut self.tickets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_256_bits_and_is_new_every_time() {
        let (one, other) = (Key::random(), Key::random());
        assert_eq!(URL_SAFE_NO_PAD.decode(one.expose()).unwrap().len(), 32);
        assert_ne!(one.expose(), other.expose());
    }

    #[test]
    fn only_the_whole_key_opens() {
        let door = Door::new();
        let key = door.key().expose().as_bytes();
        assert!(door.admits(key));
        for wrong in [&b""[..], &key[..42], b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(!door.admits(wrong) && door.open(wrong, Instant::now()).is_none());
        }
    }

    #[test]
    fn a_ticket_opens_once_and_is_no_key() {
        let (door, now) = (Door::new(), Instant::now());
        let ticket = door.ticket(now);
        assert!(!door.admits(ticket.as_bytes()));
        assert_eq!(door.open(ticket.as_bytes(), now).unwrap().expose(), door.key().expose());
        assert!(door.open(ticket.as_bytes(), now).is_none());
    }

    #[test]
    fn a_ticket_is_good_for_a_minute() {
        let (door, now) = (Door::new(), Instant::now());
        let ticket = door.ticket(now);
        assert!(door.open(ticket.as_bytes(), now + TICKET_LIFE).is_none());
    }

    #[test]
    fn debug_shows_no_key() {
        let door = Door::new();
        let ticket = door.ticket(Instant::now());
        let text = format!("{door:?}");
        assert!(!text.contains(door.key().expose()) && !text.contains(&ticket), "{text}");
    }
}
