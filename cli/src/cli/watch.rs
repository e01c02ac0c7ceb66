//! A result once, or again and again.

use std::fmt::Display;
use std::io::{IsTerminal as _, Stdout, Write};
use std::pin::pin;
use std::time::Duration;

use serde::Serialize;

use super::Output;
use crate::refusal;

/// What moves to the corner of a terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J";

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Watch {
    #[command(flatten)]
    output: Output,
    /// Show it, or what becomes of it, again and again, until interrupted.
    #[arg(long)]
    watch: bool,
    /// With --watch: seconds from one look to the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: u64,
}

/// What every command takes that shows one order.
#[derive(Debug, clap::Args)]
pub(super) struct OrderArgs {
    /// The order's number at the outpost.
    pub(super) seq: u64,
    #[command(flatten)]
    pub(super) watch: Watch,
}

/// Where views are shown one after the other.
struct Screen<W> {
    out: W,
    /// What stands before a view.
    before: &'static str,
    shown: Option<String>,
}

impl Screen<Stdout> {
    /// A program, or a file, is given each view below the one before.
    fn of(out: Stdout, output: Output) -> Self {
        let is_live = out.is_terminal() && !output.json;
        Self { out, before: if is_live { CLEAR } else { "" }, shown: None }
    }
}

impl<W: Write> Screen<W> {
    /// Shows what was read, unless it stands there already. A node that does not answer for once does not end the watch.
    fn show<T: Serialize + Display>(
        &mut self,
        output: Output,
        read: anyhow::Result<T>,
    ) -> anyhow::Result<()> {
        let view = match read {
            Ok(result) => output.render(&result)?,
            Err(error) => format!("{}\n", refusal::said(&error)),
        };
        if self.shown.as_ref() != Some(&view) {
            write!(self.out, "{}{view}", self.before)?;
            self.out.flush()?;
            self.shown = Some(view);
        }
        Ok(())
    }
}

impl Watch {
    /// Whether it is shown again and again.
    pub(super) const fn is_on(self) -> bool {
        self.watch
    }

    /// Prints a result once.
    pub(super) fn print(self, result: &(impl Serialize + Display)) -> anyhow::Result<()> {
        self.output.print(result)
    }

    /// Prints what is read; with `--watch` again whenever it has changed. On a terminal each view
    /// takes the place of the one before.
    pub(super) async fn show<T: Serialize + Display>(
        self,
        mut read: impl AsyncFnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<()> {
        if !self.watch {
            return self.print(&read().await?);
        }
        let mut screen = Screen::of(std::io::stdout(), self.output);
        // Asked once for all views: asked anew for each, a Ctrl-C while one is read would be lost.
        let mut stop = pin!(tokio::signal::ctrl_c());
        loop {
            let view = tokio::select! {
                interrupted = &mut stop => return Ok(interrupted?),
                view = read() => view,
            };
            screen.show(self.output, view)?;
            tokio::select! {
                interrupted = &mut stop => return Ok(interrupted?),
                () = tokio::time::sleep(Duration::from_secs(self.interval)) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    /// What a watch writes of these readings.
    fn written(
        before: &'static str,
        output: Output,
        readings: Vec<anyhow::Result<&str>>,
    ) -> anyhow::Result<String> {
        let mut screen = Screen { out: Vec::new(), before, shown: None };
        readings.into_iter().try_for_each(|reading| screen.show(output, reading))?;
        Ok(String::from_utf8(screen.out)?)
    }

    #[test]
    fn a_view_is_written_when_it_has_changed_and_takes_the_place_of_the_one_before() {
        let text = Output { json: false };
        let readings = || vec![Ok("one\n"), Ok("one\n"), Ok("two\n"), Ok("one\n")];
        let expected = "\x1b[H\x1b[2Jone\n\x1b[H\x1b[2Jtwo\n\x1b[H\x1b[2Jone\n";
        assert_eq!(written(CLEAR, text, readings()).unwrap(), expected);
        assert_eq!(written("", text, readings()).unwrap(), "one\ntwo\none\n");
    }

    #[test]
    fn a_node_that_does_not_answer_is_shown_and_watched_on() {
        let gone = || Err(anyhow!("no route to host").context("cannot reach the node"));
        let readings = vec![Ok("one\n"), gone(), gone(), Ok("one\n")];
        let views = written("", Output { json: false }, readings).unwrap();
        assert_eq!(views, "one\ncannot reach the node: no route to host\none\n");
    }

    #[test]
    fn a_program_reads_one_document_for_each_change() {
        let readings = vec![Ok("one"), Ok("one"), Ok("two")];
        let views = written("", Output { json: true }, readings).unwrap();
        let documents = serde_json::Deserializer::from_str(&views).into_iter::<String>();
        assert_eq!(documents.collect::<Result<Vec<_>, _>>().unwrap(), ["one", "two"]);
    }
}
