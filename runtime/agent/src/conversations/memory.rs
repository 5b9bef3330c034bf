//! The store in memory, for tests.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Mutex;

use contract::chat::ConversationSummary;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use time::OffsetDateTime;

use super::cursor::Cursor;
use super::{
    Access, Conversation, ConversationId, ConversationStore, DeletedAll, Extent, Listing, Lookup, Meta, NewTurn, Page,
    Replaced, StoreFuture, StoredTurn, TurnId, changed_meanwhile,
};
use crate::failure::Failure;
use crate::identity::Owner;
use crate::timestamp;

#[derive(Default)]
pub struct MemoryStore(Mutex<HashMap<ConversationId, Kept>>);

/// A conversation with the ids of its turns, in their order.
struct Kept {
    conversation: Conversation,
    ids: Vec<TurnId>,
}

type Conversations<'a> = std::sync::MutexGuard<'a, HashMap<ConversationId, Kept>>;

impl MemoryStore {
    fn lock(&self) -> Conversations<'_> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn lookup(&self, access: Access<'_>, extent: Extent) -> Lookup {
        match self.lock().get(access.id).map(|kept| &kept.conversation) {
            Some(found) if found.meta.expires_at <= access.now => Lookup::Absent,
            Some(found) if found.meta.owner != *access.owner => Lookup::Foreign,
            Some(found) => Lookup::Found(Box::new(part(found, extent))),
            None => Lookup::Absent,
        }
    }

    fn write(&self, access: Access<'_>, base: Option<&Meta>, turn: NewTurn) -> Result<(), Failure> {
        let mut conversations = self.lock();
        let present = conversations.remove(access.id);
        let (kept, written) = appended(present, access, base, turn);
        kept.map(|kept| conversations.insert(access.id.clone(), kept));
        written
    }

    fn summaries(&self, owner: &Owner, now: OffsetDateTime) -> Vec<ConversationSummary> {
        let conversations = self.lock();
        let all = conversations.iter().map(|(id, kept)| (id, &kept.conversation.meta));
        let own = all.filter(|(_, meta)| meta.owner == *owner && meta.expires_at > now);
        let mut summaries: Vec<_> = own.map(|(id, meta)| summary(id, meta)).collect();
        summaries.sort_by_key(|summary| Reverse(position(summary)));
        summaries
    }

    fn page(&self, owner: &Owner, now: OffsetDateTime, page: &Page) -> Result<Listing, Failure> {
        let cursor = page.cursor.as_deref().map(|cursor| Cursor::read(cursor, owner)).transpose()?;
        let start = cursor.map(|cursor| (cursor.updated_at, cursor.conversation_id));
        let mut rest = self.summaries(owner, now);
        rest.retain(|summary| start.as_ref().is_none_or(|start| position(summary) < *start));
        Ok(Listing::of(owner, rest, page.limit))
    }

    fn remove(&self, access: Access<'_>) -> bool {
        let found = matches!(self.lookup(access, Extent::Meta), Lookup::Found(_));
        found && self.lock().remove(access.id).is_some()
    }

    fn remove_all(&self, owner: &Owner, now: OffsetDateTime) -> DeletedAll {
        let mut conversations = self.lock();
        let before = conversations.len();
        conversations.retain(|_, kept| {
            let meta = &kept.conversation.meta;
            meta.owner != *owner || meta.expires_at <= now
        });
        DeletedAll { deleted: before - conversations.len(), remaining: 0 }
    }
}

/// What is kept after an attempt to append, and how it went.
fn appended(
    present: Option<Kept>,
    access: Access<'_>,
    base: Option<&Meta>,
    turn: NewTurn,
) -> (Option<Kept>, Result<(), Failure>) {
    if present.as_ref().is_some_and(|kept| kept.ids.contains(&turn.id)) {
        return (present, Ok(()));
    }
    let living = present.as_ref().filter(|kept| kept.conversation.meta.expires_at > access.now);
    let place = match &turn.replaces {
        None => None,
        Some(replaced) => match living.and_then(|kept| place_of(kept, replaced)) {
            Some(place) => Some(place),
            None => return (present, Err(changed_meanwhile(access.id))),
        },
    };
    if living.map(|kept| &kept.conversation.meta) != base {
        return (present, Err(changed_meanwhile(access.id)));
    }
    let meta = Meta::with_turn(base, access.owner, &turn);
    let (mut turns, mut ids) = match present.filter(|_| base.is_some()) {
        Some(kept) => (kept.conversation.turns, kept.ids),
        None => (Vec::new(), Vec::new()),
    };
    let place = place.map_or(turns.len()..turns.len(), |place| place..place + 1);
    ids.splice(place.clone(), [turn.id.clone()]);
    turns.splice(place, [stored(turn.number(&meta), turn)]);
    (Some(Kept { conversation: Conversation { meta, turns }, ids }), Ok(()))
}

/// Where the turn is that may be replaced.
fn place_of(kept: &Kept, replaced: &Replaced) -> Option<usize> {
    let Kept { conversation: Conversation { meta, turns }, ids } = kept;
    let place = turns.iter().position(|turn| turn.number == replaced.number())?;
    let is_it = match replaced {
        Replaced::Waiting(_) => turns[place].pending,
        Replaced::Begun(_, id) => ids[place] == *id,
    };
    (is_it && replaced.is_in(Some(meta))).then_some(place)
}

fn stored(number: u64, turn: NewTurn) -> StoredTurn {
    StoredTurn {
        number,
        pending: turn.pending,
        asked_at: turn.asked_at,
        answered_at: turn.answered_at,
        messages: turn.messages,
    }
}

fn part(found: &Conversation, extent: Extent) -> Conversation {
    let count = match extent {
        Extent::Meta => 0,
        Extent::Latest(count) | Extent::Before { count, .. } => count,
    };
    let before = |turn: &&StoredTurn| !matches!(extent, Extent::Before { turn: number, .. } if turn.number >= number);
    let turns: Vec<_> = found.turns.iter().filter(before).cloned().collect();
    let skipped = turns.len().saturating_sub(count);
    Conversation { meta: found.meta.clone(), turns: turns[skipped..].to_vec() }
}

fn position(summary: &ConversationSummary) -> (String, String) {
    (summary.updated_at.clone(), summary.conversation_id.clone())
}

fn summary(id: &ConversationId, meta: &Meta) -> ConversationSummary {
    ConversationSummary {
        conversation_id: id.as_str().to_owned(),
        updated_at: timestamp::written(meta.updated_at),
        message_count: meta.message_count,
        title: meta.title.clone(),
    }
}

impl ConversationStore for MemoryStore {
    fn is_ready(&self) -> BoxFuture<'_, bool> {
        ready(true).boxed()
    }

    fn read<'a>(&'a self, access: Access<'a>, extent: Extent) -> StoreFuture<'a, Lookup> {
        ready(Ok(self.lookup(access, extent))).boxed()
    }

    fn append<'a>(&'a self, access: Access<'a>, base: Option<&'a Meta>, turn: NewTurn) -> StoreFuture<'a, ()> {
        ready(self.write(access, base, turn)).boxed()
    }

    fn list<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime, page: Page) -> StoreFuture<'a, Listing> {
        ready(self.page(owner, now, &page)).boxed()
    }

    fn delete<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        ready(Ok(self.remove(access))).boxed()
    }

    fn clear<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        let found = matches!(self.lookup(access, Extent::Meta), Lookup::Found(_));
        if let (true, Some(kept)) = (found, self.lock().get_mut(access.id)) {
            let meta = kept.conversation.meta.cleared(access.now);
            *kept = Kept { conversation: Conversation { meta, turns: Vec::new() }, ids: Vec::new() };
        }
        ready(Ok(found)).boxed()
    }

    fn delete_all<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime) -> StoreFuture<'a, DeletedAll> {
        ready(Ok(self.remove_all(owner, now))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_cases_of_a_store_hold_in_memory() {
        super::super::cases::run(&MemoryStore::default()).await;
    }
}
