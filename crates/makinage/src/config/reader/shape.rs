//! The shape of a section: each of its keys once, with its value, its default and its documentation.
//!
//! [`section!`] makes a struct of it, the list of known keys, the reading with every problem noted, what of a change
//! needs a restart, and its description: README's tables, the commented example and the JSON schema are made of that.
//! What is special about a key stands beside the section: a [`Kind`] for a form of its own, a check for what concerns
//! several keys. Keys whose values only other sections can judge are read by hand, but described here all the same.

use std::path::Path;

use serde_json::Value as Json;

use super::{
    described::Described, field::Field, keys::Keys, problem::Findings, section::Section, surroundings::Surroundings,
};

/// What a value may depend on beside its text.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    /// The folder where relative paths begin.
    pub folder: &'a Path,
    /// The machine.
    pub surroundings: &'a dyn Surroundings,
}

/// How a value is written.
pub(crate) trait Kind {
    /// What it is read to.
    type Value;

    /// Reads it, and notes what is wrong.
    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<Self::Value>;

    /// What may be written, in words.
    fn form(&self) -> String;

    /// The JSON schema of what may be written.
    fn schema(&self) -> Json;

    /// A value as it is written.
    fn shown(&self, value: &Self::Value) -> String;

    /// The keys below it, where it is a section.
    fn below(&self) -> Vec<Described> {
        Vec::new()
    }
}

/// A section with a shape.
pub(crate) trait Shaped: Sized {
    /// Its keys.
    const KEYS: Keys;

    /// Reads it, and notes all that is wrong.
    fn read(section: &Section, ground: &Ground, findings: &mut Findings) -> Option<Self>;

    /// The keys with other values in `new` that are taken up only by a restart.
    fn restarts(&self, new: &Self) -> Vec<&'static str>;

    /// Its description.
    fn described() -> Vec<Described>;
}

/// Makes a section of the keys that are listed, in this order.
///
/// ```text
/// section! {
///     /// What it is.
///     pub struct Name                            (or: pub struct Name, check |section, findings| { … })
///     by hand {
///         /// What it means.
///         key: "its form", "its default", schema its_schema(), example "a value";
///     }
///     keys {
///         /// What it means.
///         key: Type = kind, default value, example "a value";
///         /// What it means.
///         key: Option<Type> = kind, optional "what holds without it", example "a value", restart;
///         /// What it means.
///         key: Type = kind, required "what to write", example "a value";
///     }
///     refused { key: "why"; }
/// }
/// ```
///
/// A check sees each key as an `Option` that is `None` where its value is wrong.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $(#[derive($derive:ident)])?
        pub struct $Section:ident $(, check |$section:ident, $findings:ident| $check:block)?
        $(
            by hand {$(
                $(#[doc = $hand_says:literal])*
                $hand:ident: $hand_form:literal, $hand_default:literal, schema $hand_schema:expr,
                    example $hand_example:literal $(, $hand_restart:ident)?;
            )*}
            keys {$(
                $(#[doc = $says:literal])*
                $key:ident: $Value:ty = $kind:expr, $mode:ident $argument:expr, example $example:literal
                    $(, $restart:ident)?;
            )*}
        )+
        $(refused {$( $refused:ident: $why:literal; )*})?
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq $(, $derive)?)]
        #[allow(unreachable_pub, reason = "some sections can be reached from outside")]
        pub struct $Section {
            $($( $(#[doc = $says])* pub $key: $Value, )*)+
        }

        impl $crate::config::reader::shape::Shaped for $Section {
            const KEYS: $crate::config::reader::keys::Keys = $crate::config::reader::keys::Keys {
                here: &[$( $(stringify!($hand),)* $(stringify!($key),)* )+],
                refused: &[$($( (stringify!($refused), $why), )*)?],
            };

            #[allow(unused_variables, reason = "a section that is read by hand has no keys to read here")]
            fn read(
                section: &$crate::config::reader::section::Section,
                ground: &$crate::config::reader::shape::Ground,
                findings: &mut $crate::config::reader::problem::Findings,
            ) -> Option<Self> {
                $($(
                    let $key: Option<$Value> = section!(@read $mode $argument; $key, $kind, section, ground, findings);
                )*)+
                $({
                    let ($section, $findings) = (section, &mut *findings);
                    $check
                })?
                Some(Self { $($( $key: $key?, )*)+ })
            }

            #[allow(unused_variables, reason = "a section that is read by hand has no keys to compare here")]
            #[allow(clippy::float_cmp, reason = "any other number is a change")]
            fn restarts(&self, new: &Self) -> Vec<&'static str> {
                let differ: &[(&'static str, bool)] = &[
                    $($( (stringify!($key), section!(@flag $($restart)?) && self.$key != new.$key), )*)+
                ];
                differ.iter().filter(|(_, differs)| *differs).map(|(key, _)| *key).collect()
            }

            fn described() -> Vec<$crate::config::reader::described::Described> {
                vec![$(
                    $($crate::config::reader::described::Described {
                        key: stringify!($hand),
                        says: concat!($($hand_says),*),
                        form: $hand_form.to_owned(),
                        schema: $hand_schema,
                        default: $hand_default.to_owned(),
                        required: $hand_default.is_empty(),
                        example: $hand_example,
                        restart: section!(@flag $($hand_restart)?),
                        below: Vec::new(),
                    },)*
                    $($crate::config::reader::described::Described {
                        key: stringify!($key),
                        says: concat!($($says),*),
                        form: $crate::config::reader::shape::Kind::form(&$kind),
                        schema: $crate::config::reader::shape::Kind::schema(&$kind),
                        default: section!(@shown $mode $argument; $kind),
                        required: section!(@must $mode),
                        example: $example,
                        restart: section!(@flag $($restart)?),
                        below: $crate::config::reader::shape::Kind::below(&$kind),
                    },)*
                )+]
            }
        }
    };
    (@read default $default:expr; $key:ident, $kind:expr, $section:ident, $ground:ident, $findings:ident) => {
        $section.setting(stringify!($key), $findings, |field, findings| {
            $crate::config::reader::shape::Kind::read(&$kind, field, $ground, findings)
        }).or($default)
    };
    (@read optional $without:expr; $key:ident, $kind:expr, $section:ident, $ground:ident, $findings:ident) => {
        $section.setting(stringify!($key), $findings, |field, findings| {
            $crate::config::reader::shape::Kind::read(&$kind, field, $ground, findings)
        }).optional()
    };
    (@read required $remedy:expr; $key:ident, $kind:expr, $section:ident, $ground:ident, $findings:ident) => {
        $section.require(stringify!($key), $remedy, $findings).cloned().and_then(|field| {
            $crate::config::reader::shape::Kind::read(&$kind, &field, $ground, $findings)
        })
    };
    (@shown default $default:expr; $kind:expr) => {
        format!("`{}`", $crate::config::reader::shape::Kind::shown(&$kind, &$default))
    };
    (@shown optional $without:expr; $kind:expr) => { $without.to_owned() };
    (@shown required $remedy:expr; $kind:expr) => { String::new() };
    (@must required) => { true };
    (@must $mode:ident) => { false };
    (@flag) => { false };
    (@flag restart) => { true };
}

pub(in crate::config) use section;
