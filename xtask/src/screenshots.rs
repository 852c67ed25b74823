//! The pictures of `docs/page.md`, taken by the tests of the page and of `makinage top` while they look at them.

use anyhow::Result;

use crate::report::Report;
use crate::root::root;
use crate::test::Kafka;
use crate::{env, programs, tools};

/// Runs these tests, and has them keep what they see.
pub(crate) fn run() -> Result<()> {
    programs::CHROMIUM.needed()?;
    let kafka = Kafka::find(&mut Report::new())?;
    let python = env::ensure()?;
    let mut cargo = tools::command("cargo");
    cargo.args(["test", "--locked", "--package", "makinage", "--test", "it", "--", "shown_page", "shown_top"]);
    cargo.env("MAKINAGE_TEST_PYTHON", python).env("MAKINAGE_TEST_PICTURES", root().join("docs/page"));
    kafka.tell(&mut cargo);
    programs::CHROMIUM.tell(&mut cargo);
    tools::run(&mut cargo)
}
