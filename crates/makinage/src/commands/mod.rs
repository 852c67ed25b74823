//! One file per subcommand: what it does, apart from how its arguments are read.

pub mod publish;
