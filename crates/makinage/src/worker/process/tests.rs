//! What is made of a worker's answers, silences and ends; a few lines of Python stand in for the worker.

use super::*;

/// Takes the package and one request; what follows is a test's.
const STAND_IN: &str = r#"
import struct, socket, time
sock = socket.socket(fileno=os.dup(0))
def exactly(size):
    return sock.recv(size, socket.MSG_WAITALL) if size else b""
def say(kind, payload):
    sock.sendall(struct.pack("<IBQ", 9 + len(payload), kind, 0) + payload)
exactly(*struct.unpack("<I", exactly(4)))
exactly(*struct.unpack("<I", exactly(4)))
"#;
const LONG: Duration = Duration::from_secs(20);

fn start(script: &str) -> Result<Process, ProcessError> {
    Process::begin(Program::script(Path::new("python3"), script), "test").expect("it starts").with_package()
}

/// What comes of a request to a worker that then does this.
fn asked(then: &str, timeout: Duration) -> Result<Frame, ProcessError> {
    start(&format!("{STAND_IN}{then}")).expect("it takes the package").ask(Kind::Setup, b"{}", timeout)
}

#[test]
fn log_lines_and_signs_of_life_before_an_answer_are_none() {
    let log = r#"say(21, b'{"level": "warning", "message": "a warning"}'); say(21, b'no JSON'); say(20, b'')"#;
    let answer = asked(&format!("{log}\nsay(16, b'ready')\nsock.recv(1)"), LONG).expect("an answer");
    assert_eq!((answer.kind, answer.payload.as_slice()), (Kind::Ready, b"ready".as_slice()));
}

#[test]
fn a_worker_that_says_nothing_of_use_in_time_is_silent() {
    for then in ["time.sleep(1000)", "while True:\n    say(20, b'')\n    time.sleep(0.01)"] {
        let error = asked(then, Duration::from_millis(300)).expect_err("no answer");
        assert!(matches!(error, ProcessError::Silent(_)), "{error}");
    }
}

#[test]
fn a_worker_that_ends_is_told_by_its_end_and_one_that_only_hangs_up_is_killed() {
    for (then, how) in [
        ("sys.exit(7)", "exit code 7"),
        ("os.kill(os.getpid(), 11)", "signal 11, a crash in native code"),
        ("sock.shutdown(socket.SHUT_RDWR); time.sleep(1000)", "it no longer answered and was killed"),
        // A length that no frame has.
        ("sock.sendall(b'\\xff' * 13); time.sleep(1000)", "it no longer answered and was killed"),
    ] {
        let error = match asked(then, LONG) {
            Ok(answer) => panic!("{then}: {answer:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(error, format!("the worker ended ({how})"), "{then}");
    }
}

#[test]
fn what_a_worker_was_at_and_why_it_ended_outlive_it() {
    let first = r#"exactly(*struct.unpack("<I", exactly(4)))"#;
    let with_page = r#"
import mmap
head, (page,), _, _ = socket.recv_fds(sock, 4, 1)
exactly(*struct.unpack("<I", head))"#;
    let then = r#"
struct.pack_into("<QQIIQB", mmap.mmap(page, 4096), 0, 5, 7, 2, 3, 5, 4)
say(23, b'{"why": "out of memory"}')
sys.exit(71)
"#;
    let script = STAND_IN.replacen(first, with_page, 1) + then;
    let mut process = start(&script).expect("it takes the package");
    let error = process.ask(Kind::Setup, b"{}", LONG).expect_err("it ends").to_string();
    assert_eq!(error, "the worker ended (out of memory)");
    assert_eq!(process.at(), Some(At { step: Some("post_transform"), ..At::new(7, 2..5) }));
}

#[test]
fn an_interpreter_that_does_not_take_the_package_ends_the_start() {
    let error = start("os._exit(3)").expect_err("it ended").to_string();
    assert_eq!(error, "the worker ended (exit code 3)");
    let error = Process::start(Path::new("/no/python"), "test").expect_err("there is none").to_string();
    assert!(error.starts_with("cannot run the Python interpreter /no/python: No such file"), "{error}");
}

#[test]
fn a_real_worker_answers_a_check() {
    let mut process = Process::start(Path::new("python3"), "test").expect("it starts");
    let check =
        br#"{"folder": "/", "hooks": {}, "encoders": [], "packages": ["not_there"], "retry_on": [], "modules": {}}"#;
    let answer = process.ask(Kind::Check, check, LONG).expect("an answer");
    let text = String::from_utf8_lossy(&answer.payload).into_owned();
    assert!(answer.kind == Kind::Checked && text.contains("the package not_there isn't installed"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_package_has_a_library_for_trees_that_a_worker_can_load() {
    let importer = BOOTSTRAP.trim_end().strip_suffix("_main()").expect("its last line starts it");
    let script = r#"
sock = socket.socket(fileno=os.dup(0))
sys.meta_path.insert(0, _MemoryImporter(json.loads(_receive(sock, *struct.unpack("<I", _receive(sock, 4))))))
from makinage_worker import trees_library
said = repr((trees_library.load().log(1), trees_library.load().logit(0.25))).encode()
_receive(sock, *struct.unpack("<I", _receive(sock, 4)))
sock.sendall(struct.pack("<IBQ", 9 + len(said), 16, 0) + said)
sock.recv(1)
"#;
    let answer = start(&format!("{importer}{script}")).expect("it takes the package").ask(Kind::Setup, b"{}", LONG);
    assert_eq!(String::from_utf8_lossy(&answer.expect("an answer").payload), "(0.0, -1.0986123085021973)");
}
