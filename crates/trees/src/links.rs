//! From sums to answers, where that needs the exponential function: the C library's own, whose last bits XGBoost's and
//! LightGBM's answers have. NumPy's is another one.

use core::ops::{Add, Div, Neg, Sub};

#[cfg_attr(not(makinage_library), link(name = "m"))]
unsafe extern "C" {
    safe fn exp(x: f64) -> f64;
    safe fn expf(x: f32) -> f32;
    safe fn logf(x: f32) -> f32;
}

/// `f32` or `f64`.
pub trait Real:
    Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// One.
    const ONE: Self;
    /// The C library's.
    #[must_use]
    fn exp(self) -> Self;
    /// Whether it is missing.
    fn is_nan(self) -> bool;
}

impl Real for f32 {
    const ONE: Self = 1.0;
    #[inline]
    fn exp(self) -> Self {
        expf(self)
    }
    #[inline]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Real for f64 {
    const ONE: Self = 1.0;
    #[inline]
    fn exp(self) -> Self {
        exp(self)
    }
    #[inline]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

/// What a row's sums become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Each its exponential.
    Exp,
    /// Each a probability, as XGBoost computes it.
    LogisticOfXgboost,
    /// Each a probability, as LightGBM computes it; the sums are multiplied by the model's steepness already.
    LogisticOfLightgbm,
    /// All of a row probabilities of which one is true. The exponentials are added up as `f64`.
    Softmax,
}

impl Link {
    /// The link of this number, which `python/makinage_worker/trees_library.py` has by the same names.
    pub fn numbered(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Exp),
            1 => Some(Self::LogisticOfXgboost),
            2 => Some(Self::LogisticOfLightgbm),
            3 => Some(Self::Softmax),
            _ => None,
        }
    }

    /// Puts answers in the place of `f32` sums.
    pub fn apply_f32(self, sums: &mut [f32], width: usize) {
        match self {
            Self::Exp => each(sums, Real::exp),
            Self::LogisticOfXgboost => each(sums, |sum| {
                // The small number is lost beside 1, and stands here as it does there.
                1.0 / ((if 88.7 < -sum { 88.7 } else { -sum }).exp() + 1.0 + 1e-16)
            }),
            Self::LogisticOfLightgbm => each(sums, logistic),
            Self::Softmax => sums.chunks_exact_mut(width).for_each(|row| {
                let mut total = 0.0_f64;
                let most = largest(row);
                for sum in &mut *row {
                    *sum = (*sum - most).exp();
                    total += f64::from(*sum);
                }
                #[allow(clippy::cast_possible_truncation)] // as XGBoost does
                each(row, |value| value / total as f32);
            }),
        }
    }

    /// Puts answers in the place of `f64` sums.
    pub fn apply_f64(self, sums: &mut [f64], width: usize) {
        match self {
            Self::Exp => each(sums, Real::exp),
            Self::LogisticOfXgboost | Self::LogisticOfLightgbm => each(sums, logistic),
            Self::Softmax => sums.chunks_exact_mut(width).for_each(|row| {
                let mut total = 0.0;
                let most = largest(row);
                for sum in &mut *row {
                    *sum = (*sum - most).exp();
                    total += *sum;
                }
                each(row, |value| value / total);
            }),
        }
    }
}

/// The sum that a probability comes from, as XGBoost computes it.
pub fn logit(probability: f32) -> f32 {
    -logf(1.0 / probability - 1.0)
}

/// The C library's logarithm.
pub fn log(number: f32) -> f32 {
    logf(number)
}

fn each<T: Copy>(values: &mut [T], of: impl Fn(T) -> T) {
    for value in values {
        *value = of(*value);
    }
}

fn logistic<T: Real>(sum: T) -> T {
    T::ONE / (T::ONE + (-sum).exp())
}

fn largest<T: Real>(row: &[T]) -> T {
    row.iter().copied().fold(row[0], |most, value| if most < value { value } else { most })
}

#[cfg(test)]
mod tests;
