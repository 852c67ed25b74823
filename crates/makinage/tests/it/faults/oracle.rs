//! Whether the promises were kept: from what went in, what came out, and what was committed when. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::super::promises::{ORDER, OUTCOME};

/// A partition of the data topic, and an offset in it.
pub(crate) type Source = (i32, i64);

/// What an event does to its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Ends the process by a signal.
    Crashes,
    /// Is never answered.
    Hangs,
    /// Is answered, and leaves memory behind.
    Leaks,
    /// Raises an exception.
    Fails,
    /// Nothing; it was there before its group began to read.
    Early,
}

impl Kind {
    /// Whether an output is owed for it.
    pub(crate) fn is_owed(self) -> bool {
        matches!(self, Self::Plain | Self::Leaks)
    }
}

/// An event that the broker has acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    pub offset: i64,
    /// Its number among its partition's events.
    pub seq: u64,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub partition: i32,
    pub offset: i64,
    /// By its header.
    pub source: Source,
    /// By its value: the input's partition and number.
    pub said: (i32, u64),
    pub model: String,
    pub arrived: Instant,
}

/// What was committed, and, asked after that, how far the outputs could be read.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// By partition of the data topic.
    pub committed: Vec<Option<i64>>,
    /// By partition of the sink topic.
    pub ends: Vec<i64>,
}

/// What is on the sink topic, in the order of each partition, and what was committed meanwhile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub outputs: Vec<Output>,
    pub claims: Vec<Claim>,
}

/// How many broken promises of a kind are named.
const NAMED: usize = 5;

/// Each promise that was broken; `repeats` is how often an output may come again.
pub(crate) fn broken(inputs: &[Vec<Input>], seen: &Seen, repeats: usize) -> Vec<String> {
    let mut broken = Vec::new();
    let mut add = |all: Vec<String>| broken.extend(all.into_iter().take(NAMED));
    add(lost(inputs, seen));
    add(wrong(inputs, seen));
    add(out_of_order(seen));
    add(repeated(seen, repeats));
    add(committed_too_early(inputs, seen));
    broken
}

fn lost(inputs: &[Vec<Input>], seen: &Seen) -> Vec<String> {
    let come: BTreeSet<Source> = seen.outputs.iter().map(|output| output.source).collect();
    let all = (0..).zip(inputs).flat_map(|(partition, inputs)| inputs.iter().map(move |input| (partition, input)));
    let lost = all.filter(|(partition, input)| input.kind.is_owed() && !come.contains(&(*partition, input.offset)));
    lost.map(|(partition, input)| format!("{OUTCOME}: {partition}/{} never came out", input.offset)).collect()
}

/// Outputs of another event, or of none.
fn wrong(inputs: &[Vec<Input>], seen: &Seen) -> Vec<String> {
    let mut known = BTreeMap::new();
    for (partition, inputs) in (0..).zip(inputs) {
        known.extend(inputs.iter().map(|input| ((partition, input.offset), (partition, input.seq))));
    }
    let wrong = seen.outputs.iter().filter_map(|output| {
        let (partition, offset) = output.source;
        let (right, said) = (known.get(&output.source), output.said);
        (right != Some(&said))
            .then(|| format!("{OUTCOME}: the output of {partition}/{offset} says {said:?}, not {right:?}"))
    });
    wrong.collect()
}

/// Outputs whose predecessor comes for the first time behind them.
fn out_of_order(seen: &Seen) -> Vec<String> {
    let mut come = BTreeSet::new();
    let mut last: BTreeMap<(i32, i32), i64> = BTreeMap::new();
    let mut broken = Vec::new();
    for output in &seen.outputs {
        let (partition, offset) = output.source;
        let last = last.entry((output.partition, partition)).or_insert(-1);
        if !come.insert(output.source) {
            continue;
        }
        if offset < *last {
            broken.push(format!("{ORDER}: {partition}/{offset} came for the first time behind {last}"));
        } else {
            *last = offset;
        }
    }
    broken
}

/// How often each output came again.
fn again(seen: &Seen) -> BTreeMap<Source, usize> {
    let mut count = BTreeMap::new();
    for output in &seen.outputs {
        *count.entry(output.source).or_insert(0) += 1;
    }
    count.into_iter().filter(|(_, count)| *count > 1).map(|(source, count)| (source, count - 1)).collect()
}

fn repeated(seen: &Seen, repeats: usize) -> Vec<String> {
    let too_often = again(seen).into_iter().filter(|(_, again)| *again > repeats);
    let words = |((partition, offset), again)| {
        format!("{partition}/{offset} was repeated {again} times, where {repeats} are allowed")
    };
    too_often.map(words).collect()
}

/// How many outputs had come before.
pub(crate) fn doubles(seen: &Seen) -> usize {
    again(seen).values().sum()
}

/// Positions that were committed before the outputs of all before them could be read.
fn committed_too_early(inputs: &[Vec<Input>], seen: &Seen) -> Vec<String> {
    let mut first: BTreeMap<Source, (i32, i64)> = BTreeMap::new();
    for output in &seen.outputs {
        first.entry(output.source).or_insert((output.partition, output.offset));
    }
    let mut broken = Vec::new();
    for (partition, inputs) in (0..).zip(inputs) {
        // Where the outputs of all before a position end, by sink partition.
        let mut needed: BTreeMap<i32, i64> = BTreeMap::new();
        let mut next = 0;
        for (position, claim) in first_claims(seen, partition) {
            for input in inputs[next..].iter().take_while(|input| input.offset < position) {
                next += 1;
                if !input.kind.is_owed() {
                    continue;
                }
                // One that never came is lost; that is told already.
                if let Some((sink, offset)) = first.get(&(partition, input.offset)) {
                    needed.insert(*sink, *offset + 1);
                }
            }
            let readable = |sink: i32| usize::try_from(sink).ok().and_then(|sink| claim.ends.get(sink)).copied();
            if let Some((sink, end)) = needed.iter().find(|(sink, end)| readable(**sink).unwrap_or(0) < **end) {
                let had = readable(*sink).unwrap_or(0);
                broken.push(format!(
                    "{OUTCOME}: {partition}/{position} was committed when predict/{sink} ended at {had}, before {end}"
                ));
            }
        }
    }
    broken
}

/// The positions of a partition, upwards, each with the claim in which it stood first.
fn first_claims(seen: &Seen, partition: i32) -> BTreeMap<i64, &Claim> {
    let place = usize::try_from(partition).expect("a partition");
    let mut first = BTreeMap::new();
    for claim in &seen.claims {
        if let Some(position) = claim.committed.get(place).copied().flatten() {
            first.entry(position).or_insert(claim);
        }
    }
    first
}

/// The longest time in which nothing came out of a partition.
pub(crate) fn longest_gap(seen: &Seen, partition: i32, from: Instant, to: Instant) -> Duration {
    let within = seen.outputs.iter().filter(|output| output.source.0 == partition).map(|output| output.arrived);
    let mut moments: Vec<_> = within.filter(|arrived| (from..to).contains(arrived)).chain([from, to]).collect();
    moments.sort();
    moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Claim, Input, Kind, Output, Seen, broken, doubles, longest_gap};

    const OFFSETS: [i64; 3] = [3, 5, 6];

    /// Three events of one partition, with gaps in their offsets; the second one crashes its worker where that is said.
    fn inputs(second: Kind) -> Vec<Vec<Input>> {
        let input = |(seq, offset)| Input { offset, seq, kind: if seq == 1 { second } else { Kind::Plain } };
        vec![(0..).zip(OFFSETS).map(input).collect()]
    }

    /// Outputs of these events, one after the other.
    fn outputs(of: &[usize]) -> Seen {
        let output = |(offset, of): (i64, &usize)| Output {
            partition: 0,
            offset,
            source: (0, OFFSETS[*of]),
            said: (0, *of as u64),
            model: String::new(),
            arrived: Instant::now(),
        };
        Seen { outputs: (0..).zip(of).map(output).collect(), claims: vec![] }
    }

    fn claimed(position: i64, end: i64, of: &[usize]) -> Seen {
        Seen { claims: vec![Claim { committed: vec![Some(position)], ends: vec![end] }], ..outputs(of) }
    }

    #[test]
    fn a_loss_a_wrong_order_and_too_many_repeats_are_seen() {
        let of = |seen: Seen, repeats| broken(&inputs(Kind::Plain), &seen, repeats).join("\n");
        assert_eq!(of(outputs(&[0, 1, 2]), 0), "");
        assert!(of(outputs(&[0, 2]), 0).contains("0/5 never came out"));
        assert!(of(outputs(&[0, 2, 1]), 0).contains("0/5 came for the first time behind 6"));
        assert_eq!(of(outputs(&[0, 1, 0, 1, 2]), 1), "");
        assert!(of(outputs(&[0, 1, 0, 1, 2]), 0).contains("0/3 was repeated 1 times"));
        assert_eq!(doubles(&outputs(&[0, 1, 0, 1, 2])), 2);
    }

    #[test]
    fn an_output_of_another_event_is_seen() {
        let mut seen = outputs(&[0, 1, 2]);
        seen.outputs[1].said = (0, 0);
        assert!(broken(&inputs(Kind::Plain), &seen, 0)[0].contains("the output of 0/5 says (0, 0)"));
    }

    #[test]
    fn a_position_that_is_committed_before_the_outputs_are_there_is_seen() {
        let of = |seen: Seen, kind| broken(&inputs(kind), &seen, 0).join("\n");
        assert_eq!(of(claimed(6, 2, &[0, 1, 2]), Kind::Plain), "");
        assert!(of(claimed(6, 1, &[0, 1, 2]), Kind::Plain).contains("0/6 was committed when predict/0 ended at 1"));
        assert_eq!(of(claimed(6, 1, &[0, 2]), Kind::Crashes), "", "a guilty event has no output");
    }

    #[test]
    fn the_longest_gap_counts_from_the_beginning_and_to_the_end() {
        let begin = Instant::now();
        let mut seen = outputs(&[0, 1]);
        let at = |seconds| begin + Duration::from_secs(seconds);
        (seen.outputs[0].arrived, seen.outputs[1].arrived) = (at(4), at(5));
        assert_eq!(longest_gap(&seen, 0, begin, at(7)), Duration::from_secs(4));
        assert_eq!(longest_gap(&seen, 0, begin, at(20)), Duration::from_secs(15));
    }
}
