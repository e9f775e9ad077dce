//! A thread that commits what nobody waits for, for callers who let their decisions be durable later.
//!
//! It runs while anything is not durable and sleeps otherwise; a decision wakes it. Commit follows on commit without a
//! caller's turn in between, so that a decision waits for the commit that runs when it is made and for its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};

use super::House;

#[derive(Debug, Default)]
pub(super) struct Committer {
    /// Once it was begun.
    thread: OnceLock<Thread>,
    asleep: AtomicBool,
    ended: AtomicBool,
}

impl Committer {
    /// Wakes the thread if it sleeps. To be called after every decision, before the desk is left.
    pub fn wake(&self) {
        // The thread says that it sleeps before it looks at the desk for the last time, so it sees this decision there or
        // is seen here. Where nobody sleeps, this is one load.
        if self.asleep.load(Ordering::Relaxed)
            && self.asleep.swap(false, Ordering::Relaxed)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    /// Ends the thread. Returns at once.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

impl House {
    /// Begins to commit whatever is decided on a thread of its own, until the house stops. A second call does nothing.
    ///
    /// # Errors
    /// The operating system's, where it has no more threads.
    pub fn commit_behind(self: &Arc<Self>) -> std::io::Result<()> {
        if !self.journaled || self.committer.thread.get().is_some() {
            return Ok(());
        }
        let house = Arc::clone(self);
        let keep_committing = move || {
            if catch_unwind(AssertUnwindSafe(|| house.keep_committing())).is_err() {
                house.halt(&"the thread that commits met a state that it excludes");
            }
        };
        let begun = thread::Builder::new().name("pyauction-commit".to_owned()).spawn(keep_committing)?;
        self.committer.thread.get_or_init(|| begun.thread().clone());
        Ok(())
    }

    fn keep_committing(&self) {
        let Committer { thread, asleep, ended } = &self.committer;
        thread.get_or_init(thread::current);
        // A house that stopped has told whoever is concerned.
        while !ended.load(Ordering::Acquire) && self.flush().is_ok() {
            asleep.store(true, Ordering::Relaxed);
            match self.has_uncommitted() {
                Ok(false) if !ended.load(Ordering::Acquire) => thread::park(),
                Ok(_) => {}
                Err(_) => return,
            }
            asleep.store(false, Ordering::Relaxed);
        }
    }
}
