use proptest::prelude::*;

use super::*;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn parse(value: &str) -> Option<Context> {
    Context::parse(value.as_bytes())
}

#[test]
fn a_traceparent_of_the_specification_is_read() {
    let context = parse(PARENT).expect("the specification's own example");
    assert_eq!(u128::from_be_bytes(context.trace), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    assert_eq!(u64::from_be_bytes(context.span), 0x00f0_67aa_0ba9_02b7);
    assert!(context.is_sampled());
    assert_eq!(context.to_string(), PARENT);
    let is_sampled = |flags: &str| parse(&format!("{}{flags}", &PARENT[..53])).expect("any flags").is_sampled();
    assert_eq!(["00", "01", "02", "03", "fe", "ff"].map(is_sampled), [false, true, false, true, false, true]);
}

#[test]
fn later_versions_are_read_as_far_as_this_one_goes() {
    let later = format!("cc{}", &PARENT[2..]);
    assert_eq!(parse(&later), parse(PARENT));
    assert_eq!(parse(&format!("{later}-what-the-future-will-be-like")), parse(PARENT));
    assert_eq!(parse(&format!("{later}.what-the-future-will-not-be-like")), None);
    assert_eq!(parse(&later[..54]), None);
}

#[test]
fn what_the_specification_calls_invalid_says_nothing() {
    let changed = |place: usize, with: &str| {
        let mut text = PARENT.to_owned();
        text.replace_range(place..place + with.len(), with);
        text
    };
    let wrong = [
        String::new(),
        "00".to_owned(),
        changed(0, "ff"),
        changed(0, "0x"),
        changed(0, "0G"),
        changed(2, "_"),
        changed(35, " "),
        changed(52, "."),
        changed(3, "00000000000000000000000000000000"),
        changed(36, "0000000000000000"),
        PARENT.to_uppercase(),
        changed(53, "0A"),
        changed(53, ".1"),
        format!("{PARENT}-"),
        format!("{PARENT}-more"),
        format!(" {PARENT}"),
        PARENT[..54].to_owned(),
    ];
    for value in wrong {
        assert_eq!(parse(&value), None, "{value:?}");
    }
    assert_eq!(Context::parse(b"00-\xff\xfe"), None);
}

#[test]
fn a_span_beside_another_is_of_its_trace_and_recorded() {
    let parent = parse(&format!("{}02", &PARENT[..53])).expect("not recorded, with a random number");
    let own = parent.beside();
    assert_eq!((own.trace, own.flags()), (parent.trace, 3));
    assert_ne!(own.span, parent.span);
    assert_eq!(parse(PARENT).expect("one").beside().flags(), 1);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(trace in 1_u128.., span in 1_u64.., flags in 0_u8..4) {
        let written = format!("00-{trace:032x}-{span:016x}-{flags:02x}");
        prop_assert_eq!(written.len(), LENGTH);
        let read = parse(&written).expect("it is valid");
        prop_assert_eq!(read.to_string(), written);
    }

    #[test]
    fn whatever_comes_is_read_or_not_and_harms_nobody(value in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Some(context) = Context::parse(&value) {
            prop_assert!(value.len() >= LENGTH && context.trace != [0; 16]);
        }
    }

    #[test]
    fn one_wrong_byte_is_either_another_number_or_nothing(place in 0_usize..LENGTH, byte in any::<u8>()) {
        let mut value = PARENT.as_bytes().to_vec();
        value[place] = byte;
        if let Some(context) = Context::parse(&value) {
            // Of the flags only those that are known are written, and later versions as this one.
            let known = context.to_string().into_bytes();
            prop_assert_eq!(&known[2..53], &value[2..53]);
        }
    }

    #[test]
    fn a_trace_that_begins_here_is_valid_and_recorded(chosen in any::<u64>()) {
        let context = Context::begun(chosen);
        prop_assert_eq!(parse(&context.to_string()), Some(context));
        prop_assert!(context.is_sampled());
        prop_assert_eq!(&context.trace[8..], &chosen.to_be_bytes());
    }
}
