//! The store in memory, for tests.

use std::collections::HashMap;
use std::sync::Mutex;

use contract::chat::ConversationSummary;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{
    Access, Conversation, ConversationId, ConversationStore, Extent, Lookup, Meta, NewTurn, StoreFuture, StoredTurn,
    changed_meanwhile,
};
use crate::caller::Owner;
use crate::failure::Failure;

#[derive(Default)]
pub struct MemoryStore(Mutex<HashMap<ConversationId, Conversation>>);

impl MemoryStore {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ConversationId, Conversation>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn lookup(&self, access: Access<'_>, extent: Extent) -> Lookup {
        match self.lock().get(access.id) {
            Some(found) if found.meta.expires_at <= access.now => Lookup::Absent,
            Some(found) if found.meta.owner != *access.owner => Lookup::Foreign,
            Some(found) => Lookup::Found(part(found, extent)),
            None => Lookup::Absent,
        }
    }

    fn write(&self, access: Access<'_>, base: Option<&Meta>, turn: NewTurn) -> Result<(), Failure> {
        let mut conversations = self.lock();
        let present = conversations.get(access.id).filter(|found| found.meta.expires_at > access.now);
        if present.map(|found| &found.meta) != base {
            return Err(changed_meanwhile(access.id));
        }
        let mut turns = present.map(|found| found.turns.clone()).unwrap_or_default();
        let meta = Meta::with_turn(base, access.owner, &turn);
        turns.push(StoredTurn {
            number: meta.last_turn,
            asked_at: turn.asked_at,
            answered_at: turn.answered_at,
            messages: turn.messages,
        });
        conversations.insert(access.id.clone(), Conversation { meta, turns });
        Ok(())
    }

    fn summaries(&self, owner: &Owner, now: OffsetDateTime) -> Vec<ConversationSummary> {
        let conversations = self.lock();
        let own = conversations.iter().filter(|(_, found)| found.meta.owner == *owner && found.meta.expires_at > now);
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|(_, found)| std::cmp::Reverse(found.meta.updated_at));
        own.into_iter().map(|(id, found)| summary(id, &found.meta)).collect()
    }
}

fn part(found: &Conversation, extent: Extent) -> Conversation {
    let count = match extent {
        Extent::Meta => 0,
        Extent::Latest(count) => count,
        Extent::All => usize::MAX,
    };
    let skipped = found.turns.len().saturating_sub(count);
    Conversation { meta: found.meta.clone(), turns: found.turns[skipped..].to_vec() }
}

fn summary(id: &ConversationId, meta: &Meta) -> ConversationSummary {
    ConversationSummary {
        conversation_id: id.as_str().to_owned(),
        updated_at: meta.updated_at.format(&Rfc3339).unwrap_or_default(),
        message_count: meta.message_count,
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

    fn list<'a>(&'a self, owner: &'a Owner, now: OffsetDateTime) -> StoreFuture<'a, Vec<ConversationSummary>> {
        ready(Ok(self.summaries(owner, now))).boxed()
    }

    fn delete<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        let found = matches!(self.lookup(access, Extent::Meta), Lookup::Found(_));
        if found {
            self.lock().remove(access.id);
        }
        ready(Ok(found)).boxed()
    }

    fn clear<'a>(&'a self, access: Access<'a>) -> StoreFuture<'a, bool> {
        let found = matches!(self.lookup(access, Extent::Meta), Lookup::Found(_));
        if let (true, Some(conversation)) = (found, self.lock().get_mut(access.id)) {
            conversation.meta = conversation.meta.cleared(access.now);
            conversation.turns.clear();
        }
        ready(Ok(found)).boxed()
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
