//! What serving costs, side by side: this build's `makinage` and another one, in turns, on one broker with one model.
//!
//! `cargo xtask bench --against PATH` starts the broker and runs this. Machines are noisy, so that only ratios within
//! one run mean something: each figure is the median of several turns, and who begins alternates.

mod figures;
mod kafka;
mod run;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use self::{
    figures::Figures,
    kafka::Kafka,
    run::{Bench, Run},
};

/// Turns of each program.
const TURNS: usize = 5;

/// Saves the model that is served: default steps, a logistic regression, rows of four numbers.
const MODEL: &str = "
import sys, mlflow.sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
x, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=500).fit(x, y)
mlflow.sklearn.save_model(model, sys.argv[1], pip_requirements=['scikit-learn'])
";

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let kafka = Kafka::new(&variable("MAKINAGE_BENCH_BROKER"));
    let python = PathBuf::from(variable("MAKINAGE_TEST_PYTHON"));
    let now = PathBuf::from(env!("CARGO_BIN_EXE_makinage"));
    let mut programs = vec![("now", now.clone())];
    if let Ok(before) = env::var("MAKINAGE_BENCH_AGAINST") {
        programs.insert(0, ("before", PathBuf::from(before)));
    }
    let bench = Bench { kafka, python, folder: folder.path().to_owned() };
    bench.publish(&now, &save_model(&bench.python, folder.path()));
    bench.fill();

    let mut all: Vec<Vec<Figures>> = programs.iter().map(|_| vec![]).collect();
    for turn in 0..TURNS {
        let mut order: Vec<usize> = (0..programs.len()).collect();
        if turn % 2 == 1 {
            order.reverse();
        }
        for place in order {
            let (name, program) = &programs[place];
            let figures = Run { bench: &bench, program, name: format!("{name}-{turn}") }.measure();
            println!("{name:>6}  {figures}");
            all[place].push(figures);
        }
    }
    println!();
    let medians: Vec<Figures> = all.iter().map(|figures| Figures::median(figures)).collect();
    for ((name, program), median) in programs.iter().zip(&medians) {
        println!("{name:>6}  {median}, {} bytes", fs::metadata(program).expect("the program").len());
    }
    // Turn by turn, since the machine changes meanwhile.
    if let [before, now] = &all[..] {
        let ratios: Vec<Figures> = now.iter().zip(before).map(|(now, before)| now.over(before)).collect();
        let Figures { start, processor, p50, p99 } = Figures::median(&ratios);
        println!(" ratio  start {start:.3}, processor time {processor:.3}, p50 {p50:.3}, p99 {p99:.3}");
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run: cargo xtask bench"))
}

fn save_model(python: &Path, folder: &Path) -> PathBuf {
    let model = folder.join("model");
    let saved = Command::new(python).args(["-c", MODEL]).arg(&model).status();
    assert!(saved.is_ok_and(|status| status.success()), "the model can't be saved");
    model
}
