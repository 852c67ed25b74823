use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn nothing_is_found_where_nothing_is_or_another_has_the_place() {
    let mut table = Numbered::default();
    assert_eq!((table.get(0), table.get(7)), (None, None));
    assert_eq!(table.remove(7), None);
    let number = table.insert("one");
    assert_eq!(table.get(number), Some(&"one"));
    assert_eq!(table.get(number + u32::try_from(PLACES).expect("few")), None);
    assert_eq!((table.remove(number), table.remove(number)), (Some("one"), None));
    assert_eq!(table.get(number), None);
    assert_ne!(table.insert("two"), number);
}

#[test]
fn numbers_begin_anew_past_those_that_are_still_there() {
    let mut table = Numbered { next: NUMBERS - 1, ..Numbered::default() };
    let last = table.insert(0);
    assert_eq!((last, table.insert(1), table.insert(2)), (NUMBERS - 1, 0, 1));
    table.next = NUMBERS - 1;
    assert_eq!(table.insert(3), 2);
}

proptest! {
    /// Whatever comes and goes: each is found under its number, and a number is given once.
    #[test]
    fn each_is_found_under_its_number(steps in prop::collection::vec(any::<(bool, prop::sample::Index)>(), 0..300)) {
        let (mut table, mut there, mut gone) = (Numbered::default(), BTreeMap::new(), vec![]);
        for (value, (comes, which)) in steps.into_iter().enumerate() {
            if comes || there.is_empty() {
                let number = table.insert(value);
                prop_assert!(!gone.contains(&number) && there.insert(number, value).is_none(), "{number} again");
            } else {
                let number = *there.keys().nth(which.index(there.len())).expect("it is there");
                prop_assert_eq!(table.remove(number), there.remove(&number));
                gone.push(number);
            }
            prop_assert!(there.iter().all(|(number, value)| table.get(*number) == Some(value)));
            prop_assert!(gone.iter().all(|number| table.get(*number).is_none()));
            prop_assert_eq!(table.iter().count(), there.len());
        }
    }
}
