use super::*;

#[test]
fn what_is_found_again_and_again_is_said_once_a_minute_and_what_is_new_at_once() {
    let (mut known, now) = (Known::default(), Instant::now());
    let mut said = |line, second| known.note(line, now + Duration::from_secs(second));
    assert!(said("expired", 0));
    assert!(!said("expired", 10) && !said("expired", 59));
    assert!(said("expired", 60));
    assert!(said("other host", 61));
    assert!(!said("other host", 70));
}

#[test]
fn what_can_not_be_explained_is_told_once_it_is_no_accident() {
    let (mut known, now) = (Known::default(), Instant::now());
    let mut lasts = |second| known.is_unexplained(now + Duration::from_secs(second));
    assert!(!lasts(0) && !lasts(1) && !lasts(9), "a broker may be ending");
    assert!(lasts(10) && lasts(59));
    assert!(!lasts(60) && lasts(70));
}

#[test]
fn a_connection_that_was_refused_or_broken_is_no_suspect() {
    for reason in [
        "127.0.0.1:9/1: Connect to ipv4#127.0.0.1:9 failed: Connection refused",
        "127.0.0.1:9/1: Disconnected",
        "nowhere:9092/bootstrap: Failed to resolve 'nowhere:9092': Name or service not known",
    ] {
        assert!(!is_suspect(reason), "{reason}");
    }
    for reason in [
        "k:9/bootstrap: Disconnected: requesting ApiVersion: might be caused by incorrect security.protocol \
         configuration (connecting to a SSL listener?) or broker version is < 0.10",
        "k:9/bootstrap: SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
        "k:9/1: Disconnected: verify that security.protocol is correctly configured, broker might require SASL \
         authentication",
        "k:9/1: Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required",
    ] {
        assert!(is_suspect(reason), "{reason}");
    }
}
