//! Attacks on the machine: time, memory, stack, handles.

use std::hint::black_box;

use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{Fields, Method, OutgoingRequest};

use crate::export::{Order, hoard_sessions};

/// Does what the order names, if it is one of these.
pub fn attack(order: &Order) {
    match order.text("attack") {
        "loop" => spin(),
        "busy-poll" => busy_poll(),
        "sleep" => monotonic_clock::subscribe_duration(u64::MAX).block(),
        "memory" => hoard_memory(),
        "stack" => {
            black_box(recurse(black_box(1)));
        }
        "trap" => core::arch::wasm32::unreachable(),
        "panic" => panic!("a panic with the word S3CRET in it"),
        "random" => {
            black_box(wasip2::random::random::get_random_bytes(1 << 30));
        }
        "timers" => hoard(|| monotonic_clock::subscribe_duration(u64::MAX)),
        "fields" => hoard(Fields::new),
        "sessions" => hoard_sessions(),
        "methods" => long_methods(order.number("bytes")),
        "written" => hoard_writes(),
        _ => {}
    }
}

fn spin() -> ! {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}

/// Computes little itself: it asks the host all the time.
fn busy_poll() -> ! {
    let never = monotonic_clock::subscribe_duration(u64::MAX);
    loop {
        black_box(never.ready());
        black_box(monotonic_clock::now());
    }
}

fn hoard_memory() -> ! {
    loop {
        std::mem::forget(black_box(vec![1_u8; 1 << 20]));
    }
}

fn recurse(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    black_box(recurse(black_box(depth + 1))) + 1
}

fn hoard<T>(make: impl Fn() -> T) -> ! {
    loop {
        std::mem::forget(make());
    }
}

/// Long texts that a host might keep for each request, in its own memory.
fn long_methods(bytes: usize) {
    let method = Method::Other("M".repeat(bytes));
    for _ in 0..200 {
        let request = OutgoingRequest::new(Fields::new());
        if request.set_method(&method).is_ok() {
            std::mem::forget(request);
        } else {
            return;
        }
    }
}

/// Bodies that are written to and never sent.
fn hoard_writes() -> ! {
    let piece = vec![0_u8; 1 << 20];
    loop {
        let request = OutgoingRequest::new(Fields::new());
        let Ok(body) = request.body() else { continue };
        if let Ok(stream) = body.write() {
            while let Ok(free @ 1..) = stream.check_write() {
                let free = usize::try_from(free).unwrap_or(0).min(piece.len());
                if stream.write(&piece[..free]).is_err() {
                    break;
                }
            }
            std::mem::forget(stream);
        }
        std::mem::forget((request, body));
    }
}
