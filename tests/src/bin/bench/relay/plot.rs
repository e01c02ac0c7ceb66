//! Plots of acknowledged packets over time, as small SVG files that read on light and dark pages.

use std::fmt::Write as _;
use std::path::Path;

use super::figures::Phase;
use super::peer::Kind;
use super::report::Report;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 280.0;
/// Left, top, right and bottom of the field that curves are drawn in.
const FIELD: [f64; 4] = [56.0, 16.0, 540.0, 240.0];
/// Marks on each axis, apart from zero.
const MARKS: u32 = 5;

/// Writes a plot of each phase with many packets into `plots` beside a document.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn write_beside(document: &Path, report: &Report) -> anyhow::Result<()> {
    let folder = document.parent().unwrap_or_else(|| Path::new(".")).join("plots");
    std::fs::create_dir_all(&folder)?;
    let plan = &report.plan;
    let backlogs = plan.backlogs.iter().map(|count| ("backlog", *count));
    let bursts = plan.bursts.iter().map(|count| ("burst", *count));
    for (name, packets) in backlogs.chain(bursts) {
        let curves: Vec<(Kind, &Phase)> = report
            .peers
            .iter()
            .filter_map(|version| {
                let mut phases = report.phases(version.peer, name);
                Some((version.peer, phases.find(|phase| phase.packets == packets)?))
            })
            .collect();
        std::fs::write(folder.join(format!("relay-{name}-{packets}.svg")), draw(&curves, packets))?;
    }
    Ok(())
}

fn draw(curves: &[(Kind, &Phase)], packets: u64) -> String {
    let longest = curves.iter().map(|(_, phase)| phase.seconds).fold(1.0, f64::max);
    let [left, top, right, bottom] = FIELD;
    let x = |at: f64| left + (right - left) * (at.max(0.0) / longest);
    let y = |count: f64| bottom - (bottom - top) * count / packets.max(1) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#808080\" stroke-width=\"2\">\n"
    );
    for mark in 0..=MARKS {
        let share = f64::from(mark) / f64::from(MARKS);
        let (at, count) = (longest * share, packets as f64 * share);
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{at:.0} s</text>\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{count:.0}</text>\
             <path d=\"M{left} {:.1}H{right}\" stroke=\"#808080\" stroke-width=\"0.3\"/>",
            x(at),
            bottom + 20.0,
            left - 8.0,
            y(count) + 4.0,
            y(count),
        );
    }
    for (kind, phase) in curves {
        let color = match kind {
            Kind::Ferry => "#0b7fab",
            Kind::Hermes => "#d9822b",
            Kind::HermesPush => "#b5472f",
            Kind::Rly => "#7a5fb5",
        };
        let (mut path, mut acked) = (format!("M{:.1} {:.1}", x(0.0), y(0.0)), 0);
        for step in phase.blocks.iter().filter(|step| step.chain == 'a') {
            acked += step.packets;
            let _ = write!(path, "H{:.1}V{:.1}", x(step.at), y(acked as f64));
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" fill=\"{color}\">{kind} {:.0} s</text>",
            x(phase.seconds) + 6.0,
            y(acked as f64) + 10.0 + 14.0 * f64::from(*kind as u8),
            phase.seconds,
        );
    }
    svg.push_str("</svg>\n");
    svg
}
