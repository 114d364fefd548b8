//! The commands: one file each, one line in the registry below.

use crate::context::{CommandResult, Context};
use clap::Subcommand;

/// A command: its flags are the fields, its work is `run`.
pub(crate) trait Run {
    fn run(self, context: &mut Context) -> CommandResult;
}

macro_rules! registry {
    ($($module:ident :: $name:ident,)*) => {
        $(mod $module;)*

        #[derive(Subcommand)]
        pub(crate) enum Command {
            $($name($module::$name),)*
        }

        pub(crate) fn run(command: Command, context: &mut Context) -> CommandResult {
            match command {
                $(Command::$name(flags) => flags.run(context),)*
            }
        }
    };
}

registry! {
    parse::Parse,
    fmt::Fmt,
    check::Check,
    explain::Explain,
    query::Query,
    eval::Eval,
    test::Test,
    run::Run,
    load::Load,
    demo::Demo,
    functions::Functions,
}
