//! What the main job costs on this machine: a fresh deployment with compiled
//! code until the first answer, and an `up` that has nothing to do.
//!
//! `cargo bench -p system-tests --bench main_job`. Prints seconds and, as the
//! figure to compare between machines, how often an unchanged `up` fits into a
//! fresh one. Asserts nothing about time.

use std::time::{Duration, Instant};

use system_tests::Place;

const REPEATS: usize = 5;

fn main() {
    warm_up();
    let place = Place::new();
    let started = Instant::now();
    let fresh = timed(|| drop(place.deploy(&["up", "--env", "local", "--yes"]).succeeded()));
    place.ask(&["--env", "local", "What time is it?"]).succeeded();
    let first_answer = started.elapsed();
    let unchanged = median(|| drop(place.deploy(&["up", "--env", "local"]).succeeded()));
    let answer = median(|| drop(place.ask(&["--env", "local", "What time is it?"]).succeeded()));
    let down = timed(|| drop(place.deploy(&["down", "--env", "local", "--yes", "--delete-data"]).succeeded()));
    println!("fresh up, images built       {:>7.2} s", fresh.as_secs_f64());
    println!("fresh up to first answer     {:>7.2} s", first_answer.as_secs_f64());
    println!("unchanged up (median of {REPEATS})   {:>7.2} s", unchanged.as_secs_f64());
    println!("one answer (median of {REPEATS})     {:>7.2} s", answer.as_secs_f64());
    println!("down with data               {:>7.2} s", down.as_secs_f64());
    println!("fresh up / unchanged up      {:>7.1}", fresh.as_secs_f64() / unchanged.as_secs_f64());
}

/// Compiles everything and installs the emulator, in a place that is thrown away.
fn warm_up() {
    let place = Place::new();
    place.deploy(&["up", "--env", "local", "--yes", "--no-smoke"]).succeeded();
    place.deploy(&["down", "--env", "local", "--yes", "--delete-data"]).succeeded();
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..REPEATS).map(|_| timed(&mut work)).collect();
    times.sort();
    times[REPEATS / 2]
}
