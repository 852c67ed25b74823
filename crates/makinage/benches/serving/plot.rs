//! A plot of one figure: a bar for each contestant at each workload, on a logarithmic scale, as SVG.

use std::fmt::Write;

/// A group of bars.
pub(crate) struct Group {
    pub name: &'static str,
    /// Each with its name.
    pub bars: Vec<(&'static str, f64)>,
}

const WIDTH: f64 = 760.0;
/// Where bars begin, behind their names.
const LEFT: f64 = 200.0;
const BAR: f64 = 16.0;
const HEAD: f64 = 26.0;

/// Draws them.
pub(crate) fn svg(title: &str, groups: &[Group]) -> String {
    let all = || groups.iter().flat_map(|group| &group.bars).map(|(_, value)| *value);
    let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    // A bar of the least still shows.
    let (low, high) = ((least / 2.0).log10(), most.log10());
    let bars: usize = groups.iter().map(|group| group.bars.len()).sum();
    let height = HEAD + count(groups.len()) * HEAD + count(bars) * BAR + 10.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"8\" y=\"18\" font-size=\"14\">{title}</text>\n"
    );
    let mut top = HEAD;
    for group in groups {
        top += HEAD;
        let _ = writeln!(text, "<text x=\"8\" y=\"{:.0}\" font-weight=\"bold\">{}</text>", top - 6.0, group.name);
        for (name, value) in &group.bars {
            let width = ((value.log10() - low) / (high - low) * (WIDTH - LEFT - 60.0)).max(1.0);
            let fill = if name.starts_with("makinage") { "#c2410c" } else { "#94a3b8" };
            let baseline = top + BAR - 5.0;
            let _ = writeln!(
                text,
                "<text x=\"{:.0}\" y=\"{baseline:.0}\" text-anchor=\"end\">{name}</text>\
                 <rect x=\"{LEFT}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"{:.0}\" fill=\"{fill}\"/>\
                 <text x=\"{:.1}\" y=\"{baseline:.0}\">{value:.2}</text>",
                LEFT - 6.0,
                top + 2.0,
                BAR - 4.0,
                LEFT + width + 4.0
            );
            top += BAR;
        }
    }
    text.push_str("</svg>\n");
    text
}

#[expect(clippy::cast_precision_loss, reason = "a few bars")]
fn count(number: usize) -> f64 {
    number as f64
}
