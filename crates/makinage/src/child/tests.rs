//! Real children of each kind: a program, and a script that talks over its socket.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::bounded;
use rustix::process::{Pid, Signal, getpid, kill_process, set_child_subreaper};

use super::*;

const LONGEST: Duration = Duration::from_secs(20);
const PYTHON: &str = "python3";
/// Starts processes in the group, out of it, and one whose parent is gone; then they and the leader are named.
const FAMILY: &str =
    "sleep 1000 & a=$!; setsid sleep 1000 & b=$!; c=$(sleep 1000 >/dev/null 2>&1 & echo $!); echo $$ $a $b $c; ";
/// The same as a script, which ends with its socket.
const SCRIPT: &str = r#"
import subprocess
a = subprocess.Popen(["sleep", "1000"])
b = subprocess.Popen(["sleep", "1000"], start_new_session=True)
c = subprocess.check_output(["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"], text=True)
print(os.getpid(), a.pid, b.pid, c, flush=True)
os.read(0, 1)
os._exit(3)
"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Program,
    Script,
}

const KINDS: [Kind; 2] = [Kind::Program, Kind::Script];

fn shell(script: &str) -> Program {
    Program::new(Path::new(PYTHON), Path::new("sh"), &["-c", script].map(OsStr::new))
}

fn script(text: &str) -> Program {
    Program::script(Path::new(PYTHON), text)
}

/// How a program ended, and the last lines that it printed.
fn ran(program: Program) -> (Ended, Vec<String>) {
    let running = program.keeping(5).start(|lines| lines.for_each(drop)).expect("it starts");
    let ended = running.wait(|| None::<()>).expect("its end");
    (ended, running.printed())
}

/// A child that has started its family, and all of them; a program goes on as `then` says.
fn family(kind: Kind, then: &str) -> (Running, Vec<u32>) {
    let program = match kind {
        Kind::Program => shell(&format!("{FAMILY}{then}")),
        Kind::Script => script(SCRIPT),
    };
    let (sender, printed) = bounded(1);
    let first = move |mut lines: Lines| {
        let _ = sender.send(lines.next());
        lines.for_each(drop);
    };
    let running = program.start(first).expect("it starts");
    let line = printed.recv_timeout(LONGEST).expect("a line in time").expect("a line");
    (running, numbers(&line))
}

fn numbers(line: &str) -> Vec<u32> {
    let numbers: Vec<u32> = line.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    assert_eq!(numbers.len(), 4, "{line}");
    numbers
}

fn wait_until_gone(what: &str, processes: &[u32], zombies_count: bool) {
    let deadline = Instant::now() + LONGEST;
    let stat = |process: &u32| fs::read_to_string(format!("/proc/{process}/stat")).ok();
    while let Some(left) = processes.iter().filter_map(stat).find(|stat| zombies_count || !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "{what}: of {processes:?} one goes on: {left}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn kill(process: u32) {
    let process = Pid::from_raw(process.try_into().expect("a process id")).expect("a process");
    kill_process(process, Signal::KILL).expect("it takes the signal");
}

#[test]
fn all_that_a_child_has_started_ends_with_it_and_a_containers_first_process_keeps_no_zombie_of_it() {
    set_child_subreaper(Some(getpid())).expect("orphans become this process's children");
    for kind in KINDS {
        let (running, processes) = family(kind, "exit 3");
        if kind == Kind::Script {
            running.socket().write_all(b"x").expect("it reads");
        }
        assert_eq!(running.wait(|| None::<()>).map(|ended| ended.to_string()), Ok("exit code 3".to_owned()));
        wait_until_gone(&format!("a {kind:?} that ends itself"), &processes, true);

        let (running, processes) = family(kind, "exec sleep 1000");
        kill(processes[0]);
        let ended = running.wait(|| None::<()>).expect("its end").to_string();
        assert!(ended.starts_with("killed by signal 9"), "{ended}");
        wait_until_gone(&format!("a {kind:?} that is killed"), &processes, true);

        let (running, processes) = family(kind, "exec sleep 1000");
        running.end();
        wait_until_gone(&format!("a {kind:?} that is ended"), &processes, true);

        let (running, processes) = family(kind, "exec sleep 1000");
        drop(running);
        wait_until_gone(&format!("a {kind:?} that is dropped"), &processes, true);
    }
}

/// In a process of its own, which this test starts, a child that waits.
const HOLDING: &str = "MAKINAGE_TEST_HOLDING";

#[test]
fn all_that_a_child_has_started_ends_when_the_service_is_killed() {
    if let Ok(kind) = env::var(HOLDING) {
        let kind = if kind == "Program" { Kind::Program } else { Kind::Script };
        let (_held, processes) = family(kind, "exec sleep 1000");
        let shown: Vec<String> = processes.iter().map(ToString::to_string).collect();
        println!("\nfamily {}", shown.join(" "));
        loop {
            thread::park();
        }
    }
    let name = thread::current().name().expect("the test's name").to_owned();
    for kind in KINDS {
        let mut service = Command::new(env::current_exe().expect("this program"))
            .args([&name, "--exact", "--nocapture"])
            .env(HOLDING, format!("{kind:?}"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(service.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let family = lines.find_map(|line| line.strip_prefix("family ").map(numbers)).expect("its family");
        service.kill().expect("it takes the signal");
        service.wait().expect("its end");
        wait_until_gone(&format!("a {kind:?} whose service is killed"), &family, false);
    }
}

#[test]
fn a_stop_while_a_child_runs_ends_it_in_time() {
    for kind in KINDS {
        let (running, processes) = family(kind, "exec sleep 1000");
        let mut looks = 0;
        let began = Instant::now();
        let waited = running.wait(|| {
            looks += 1;
            (looks == 3).then_some("stop")
        });
        assert_eq!(waited, Err("stop"));
        assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
        wait_until_gone("a child that was stopped", &processes, false);
    }
}

#[test]
fn a_child_that_prints_more_than_a_pipe_holds_is_not_held_up_and_only_its_last_lines_are_kept() {
    let (ended, printed) = ran(shell("seq 100000; echo end >&2"));
    assert!(ended.well());
    assert_eq!(printed, ["99997", "99998", "99999", "100000", "end"]);
    let (ended, printed) = ran(script("for n in range(100000): print(n)"));
    assert_eq!((ended.well(), printed.len()), (true, 5));
}

#[test]
fn what_is_out_of_reach_and_holds_the_output_open_does_not_keep_a_program_from_its_end() {
    let began = Instant::now();
    let (ended, printed) = ran(shell("env -u MAKINAGE_CHILD setsid sleep 30 & echo started; exit 3"));
    assert_eq!((ended.to_string().as_str(), printed.join(" ").as_str()), ("exit code 3", "started"));
    assert!(began.elapsed() < LONGEST, "it took {:?}", began.elapsed());
}

/// It has left the group and carries no mark when the leader ends.
const HELD: &str = r#"
import subprocess
out_of_reach = ["env", "-u", "MAKINAGE_CHILD", "setsid", "sh", "-c", "echo out; exec sleep 60"]
subprocess.Popen(out_of_reach, stdin=0, stdout=subprocess.PIPE).stdout.readline()
os._exit(3)
"#;

#[test]
fn what_is_out_of_reach_and_holds_the_socket_does_not_hide_an_end() {
    let running = script(HELD).start(|lines| lines.for_each(drop)).expect("it starts");
    running.socket().set_read_timeout(Some(LONGEST)).expect("a time-out");
    assert_eq!(running.socket().read(&mut [0]).expect("the end of the socket, in time"), 0);
    assert_eq!(running.wait(|| None::<()>).map(|ended| ended.to_string()), Ok("exit code 3".to_owned()));
}

#[test]
fn a_program_reads_nothing_and_its_signals_are_what_they_are_elsewhere() {
    let (ended, printed) = ran(shell("cat; yes | head -n 1"));
    assert_eq!((ended.well(), printed.join("|").as_str()), (true, "y"), "yes ends by SIGPIPE, without a word");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let (ended, printed) = ran(Program::new(Path::new(PYTHON), Path::new("/no/program"), &[]));
    assert!(!ended.well());
    assert_eq!(printed, ["/no/program can't be run: No such file or directory"]);
    let no_python = Program::script(Path::new("/no/python"), "").start(|_| ()).expect_err("there is none");
    assert_eq!(no_python.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn variables_that_secrets_were_read_from_are_in_no_childs_environment() {
    // Cargo sets both for its tests.
    secrets::withhold("CARGO_PKG_NAME");
    let (_, printed) = ran(shell("echo ${CARGO_PKG_NAME-none} ${CARGO_PKG_VERSION-none}"));
    assert_eq!(printed, [format!("none {}", env!("CARGO_PKG_VERSION"))]);
    let (_, printed) = ran(script("print(os.getenv('CARGO_PKG_NAME'), os.getenv('CARGO_PKG_VERSION'))"));
    assert_eq!(printed, [format!("None {}", env!("CARGO_PKG_VERSION"))]);
}
