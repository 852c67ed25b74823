//! Python for those who make environments, which are `environment: model` and the demo: what an interpreter says of
//! itself, virtual environments, and running the programs that make them.

mod command_line;
mod interpreter;
mod once;
mod runner;
mod venv;

pub(crate) use self::{
    command_line::CommandLine,
    interpreter::{Interpreter, minor},
    once::{Once, OnceError},
    runner::{RunError, Runner},
    venv::{Packages, Venv},
};
