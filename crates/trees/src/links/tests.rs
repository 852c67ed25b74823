use super::{Link, log, logit};

const SUMS: [f32; 9] = [0.0, -0.0, 1.5, -1.5, 30.0, -88.6, -88.8, f32::INFINITY, f32::NEG_INFINITY];

#[test]
fn numbers_name_links() {
    let links = [Link::Exp, Link::LogisticOfXgboost, Link::LogisticOfLightgbm, Link::Softmax];
    for (number, link) in (0..).zip(links) {
        assert_eq!(Link::numbered(number), Some(link));
    }
    assert_eq!(Link::numbered(4), None);
}

#[test]
fn xgboosts_logistic_is_bounded_below() {
    let mut answers = SUMS;
    Link::LogisticOfXgboost.apply_f32(&mut answers, 1);
    let expected = SUMS.map(|sum| 1.0 / ((-sum).min(88.7).exp() + 1.0 + 1e-16));
    assert_eq!(answers.map(f32::to_bits), expected.map(f32::to_bits));
    assert!(answers[8] > 0.0, "it never divides by infinity");
    let mut missing = [f32::NAN];
    Link::LogisticOfXgboost.apply_f32(&mut missing, 1);
    assert!(missing[0].is_nan());
}

#[test]
fn lightgbms_logistic_is_the_textbooks() {
    let mut answers = SUMS.map(f64::from);
    Link::LogisticOfLightgbm.apply_f64(&mut answers, 1);
    let expected = SUMS.map(|sum| 1.0 / (1.0 + (-f64::from(sum)).exp()));
    assert_eq!(answers.map(f64::to_bits), expected.map(f64::to_bits));
    assert_eq!(answers[8].to_bits(), 0);
}

#[test]
fn a_softmax_is_of_each_row() {
    let mut answers = [1.0_f32, 2.0, 4.0, -700.0, -700.0, -701.0];
    Link::Softmax.apply_f32(&mut answers, 3);
    let first = [-3.0_f32, -2.0, 0.0].map(f32::exp);
    #[allow(clippy::cast_possible_truncation)]
    let total = first.map(f64::from).iter().sum::<f64>() as f32;
    for (answer, part) in answers.into_iter().zip(first) {
        assert_eq!(answer.to_bits(), (part / total).to_bits());
    }
    assert!(answers[3] > 0.42 && answers[3].to_bits() == answers[4].to_bits(), "the largest is taken off first");
    let mut answers = [0.5_f64, 0.25];
    Link::Softmax.apply_f64(&mut answers, 2);
    let parts = [1.0, (-0.25_f64).exp()];
    assert_eq!(answers.map(f64::to_bits), parts.map(|part| (part / (parts[0] + parts[1])).to_bits()));
}

#[test]
fn exponentials_and_logarithms_are_each_others() {
    let mut answers = [0.0_f32, 1.0];
    Link::Exp.apply_f32(&mut answers, 1);
    assert_eq!(answers.map(f32::to_bits), [1.0, 1.0_f32.exp()].map(f32::to_bits));
    let mut answers = [0.0_f64, 1.0];
    Link::Exp.apply_f64(&mut answers, 2);
    assert_eq!(answers.map(f64::to_bits), [1.0, 1.0_f64.exp()].map(f64::to_bits));
    assert_eq!(log(1.0).to_bits(), 0);
    assert_eq!(logit(0.5).to_bits(), (-0.0_f32).to_bits());
    assert_eq!(logit(0.75).to_bits(), (-(1.0_f32 / 0.75 - 1.0).ln()).to_bits());
}
