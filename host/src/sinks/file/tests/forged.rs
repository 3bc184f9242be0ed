//! Files that somebody else put where ours should be, and lines that only look like
//! ours: nothing of ours is lost to them, and nothing of theirs is cut.

use super::*;

/// Events that name an event of ours, and are none.
const FORGED: &str =
    "{\"eventId\":\"a\",\"theirs\":1}\n{ \"eventId\":\"a\"}\n{\"eventId\":\"b\"} \n";

#[tokio::test]
async fn lines_that_name_events_yet_to_come_suppress_none() {
    for was_used in [false, true] {
        let world = World::new();
        if was_used {
            let sink = world.open().await;
            deliver(&world, &sink, &["before"]).await;
        }
        let before = std::fs::read_to_string(world.path()).unwrap_or_default();
        std::fs::write(world.path(), before.clone() + FORGED).unwrap();
        let sink = world.open().await;
        deliver(&world, &sink, &["a", "b"]).await;
        let text = std::fs::read_to_string(world.path()).unwrap();
        let ours = "{\"eventId\":\"a\"}\n{\"eventId\":\"b\"}\n";
        assert_eq!(text, before.clone() + FORGED + ours, "used: {was_used}");
        // And while it runs.
        std::fs::write(world.path(), text.clone() + "{\"eventId\":\"c\",\"theirs\":2}\n").unwrap();
        deliver(&world, &sink, &["c"]).await;
        let after = std::fs::read_to_string(world.path()).unwrap();
        assert!(after.starts_with(&text) && after.ends_with("\n{\"eventId\":\"c\"}\n"), "{after}");
    }
}

#[tokio::test]
async fn a_line_that_is_ours_word_for_word_is_there_already() {
    let world = World::new();
    std::fs::write(world.path(), "{\"eventId\":\"a\"}\n").unwrap();
    let sink = world.open().await;
    deliver(&world, &sink, &["a", "b"]).await;
    assert_eq!(world.ids(), ["a", "b"]);
}

#[tokio::test]
async fn what_has_no_end_or_holds_zeros_is_left_as_it_is() {
    let zeros = "{\"eventId\":\"a\"}\n{\"eve\0\0\0\n{\"theirs\":1}\n".to_owned();
    let longer_than_any_line = format!("{{\"eventId\":\"{}\"", "x".repeat(65 << 20));
    for text in [zeros, longer_than_any_line, "\0".repeat(9)] {
        let world = World::new();
        std::fs::write(world.path(), &text).unwrap();
        let refused = world.try_open("file").await;
        assert!(matches!(refused, Err(SinkError::Foreign { .. })), "{refused:?}");
        assert!(std::fs::read_to_string(world.path()).unwrap() == text);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn behind_a_link_nothing_is_cut_and_a_pipe_is_not_waited_for() {
    for is_symbolic in [true, false] {
        let world = World::new();
        let other = world.folder.path().join("theirs");
        std::fs::write(&other, "{\"precious\":1}\nno event\n").unwrap();
        let linked = match is_symbolic {
            true => std::os::unix::fs::symlink(&other, world.path()),
            false => std::fs::hard_link(&other, world.path()),
        };
        linked.unwrap();
        let sink = world.open().await;
        deliver(&world, &sink, &["a"]).await;
        let text = std::fs::read_to_string(&other).unwrap();
        assert_eq!(text, "{\"precious\":1}\nno event\n{\"eventId\":\"a\"}\n");
        drop(sink);
        // Whoever writes to it behind our back is not cut, either.
        std::fs::write(&other, text.clone() + "{\"precious\":").unwrap();
        std::fs::remove_file(world.path()).unwrap();
        std::fs::write(world.path(), "no line end").unwrap();
        assert!(matches!(world.try_open("file").await, Err(SinkError::Foreign { .. })));
        assert_eq!(std::fs::read_to_string(&other).unwrap(), text + "{\"precious\":");
    }
    let world = World::new();
    let made = std::process::Command::new("mkfifo").arg(world.path()).status().unwrap();
    assert!(made.success());
    let refused = world.try_open("file").await;
    assert!(matches!(refused, Err(SinkError::NoFile { .. })), "{refused:?}");
}
