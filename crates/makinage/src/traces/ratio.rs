//! Which events are traced that nobody has decided about: a share of them. Pure.

/// A share from 0 to 1 of the numbers that a trace may be chosen by.
///
/// A trace is chosen by the last 63 bits of its number, as OpenTelemetry's own samplers do (`TraceIdRatioBased`): those
/// behind this service that have the same share, or a larger one, choose it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio(u64);

impl Ratio {
    /// This share; what is above 1 is all.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "it is between 0 and 2^63, both of which a float holds; the cast saturates"
    )]
    pub(super) fn new(share: f64) -> Self {
        Self((share.clamp(0.0, 1.0) * (1_u64 << 63) as f64) as u64)
    }

    /// A number by which a trace is chosen, where it is.
    pub(super) fn choose(self) -> Option<u64> {
        let number = fastrand::u64(..);
        self.takes(number).then_some(number)
    }

    fn takes(self, number: u64) -> bool {
        number >> 1 < self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ratio;

    #[test]
    fn nothing_and_all_are_just_that() {
        for number in [0, 1, 1 << 62, u64::MAX] {
            assert!(!Ratio::new(0.0).takes(number) && !Ratio::new(f64::NAN).takes(number));
            assert!(Ratio::new(1.0).takes(number) && Ratio::new(7.0).takes(number));
        }
    }

    #[test]
    fn a_share_of_many_is_that_share() {
        let ratio = Ratio::new(0.25);
        let chosen = (0..40_000).filter(|_| ratio.choose().is_some()).count();
        assert!((9_000..11_000).contains(&chosen), "{chosen} of 40000");
    }

    proptest! {
        #[test]
        fn what_a_share_takes_a_larger_one_takes_too(number: u64, one in 0.0..1.0, other in 0.0..1.0) {
            let (less, more): (f64, f64) = if one < other { (one, other) } else { (other, one) };
            prop_assert!(!Ratio::new(less).takes(number) || Ratio::new(more).takes(number));
        }
    }
}
