//! What the Python worker calls, through `ctypes` (`python/makinage_worker/trees_library.py`).
//!
//! Numbers say how it went: 0 is well, and nothing was written otherwise.

use core::{ffi::c_void, slice};

use crate::forest::{Forest, Node, Parts, Tree};
use crate::links::{Link, Real, log, logit};
use crate::walk::{Below, Split, UpTo};

/// A kind, a link or a length that isn't known or doesn't fit.
const UNFIT: u32 = 100;

/// A forest's arrays by their addresses. All are as long as they say, aligned, and stay as they are while they are used
/// here.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Arrays {
    /// [`Parts::nodes`], of the kind's number type.
    pub nodes: *const c_void,
    /// [`Parts::leaves`], one for each node.
    pub leaves: *const u32,
    /// How many nodes there are.
    pub node_count: usize,
    /// [`Parts::trees`].
    pub trees: *const Tree,
    /// How many trees there are.
    pub tree_count: usize,
    /// [`Parts::values`], of the kind's number type.
    pub values: *const c_void,
    /// How many numbers that are.
    pub value_count: usize,
    /// [`Parts::width`].
    pub width: usize,
    /// [`Parts::features`].
    pub features: usize,
    /// [`Parts::sums`].
    pub sums: usize,
    /// 0: features `f32`, sums `f64`, left is up to the threshold. 1: both `f32`, left is below. 2: both `f64`, up to.
    pub kind: u32,
}

impl Arrays {
    /// # Safety
    ///
    /// As [`Arrays`] says; the nodes are `Node<T>`, and the values `V`.
    unsafe fn parts<'a, T, V>(&self) -> Parts<'a, T, V> {
        // SAFETY: the caller's word.
        unsafe {
            Parts {
                nodes: slice::from_raw_parts(self.nodes.cast::<Node<T>>(), self.node_count),
                leaves: slice::from_raw_parts(self.leaves, self.node_count),
                trees: slice::from_raw_parts(self.trees, self.tree_count),
                values: slice::from_raw_parts(self.values.cast::<V>(), self.value_count),
                width: self.width,
                features: self.features,
                sums: self.sums,
            }
        }
    }

    /// # Safety
    ///
    /// As [`Arrays::parts`].
    unsafe fn check<T: Real, V: Real>(&self) -> u32 {
        // SAFETY: the caller's word.
        Forest::new(unsafe { self.parts::<T, V>() }).map_or_else(|flaw| flaw as u32, |_| 0)
    }

    /// # Safety
    ///
    /// As [`makinage_trees_add`], with the kind's types.
    unsafe fn add<T: Real, V: Real, S: Split<T>>(&self, rows: *const c_void, count: usize, sums: *mut c_void) -> u32 {
        let (Some(numbers), Some(added)) = (count.checked_mul(self.features), count.checked_mul(self.sums)) else {
            return UNFIT;
        };
        // SAFETY: the caller's word: checked before, and unchanged since.
        let forest = unsafe { Forest::checked_before(self.parts::<T, V>()) };
        // SAFETY: the caller's word: `count` rows, and as many rows of sums, which nobody else has at hand.
        let (rows, sums) = unsafe {
            (slice::from_raw_parts(rows.cast::<T>(), numbers), slice::from_raw_parts_mut(sums.cast::<V>(), added))
        };
        if forest.add::<S>(rows, sums) { 0 } else { UNFIT }
    }
}

/// Whether no walk through this forest leaves its arrays: 0, or the number of the flaw.
///
/// # Safety
///
/// `arrays` points to one, of which all is true that it says of its own memory.
#[cfg_attr(makinage_library, unsafe(no_mangle))]
pub unsafe extern "C" fn makinage_trees_check(arrays: *const Arrays) -> u32 {
    // SAFETY: the caller's word.
    unsafe {
        match (*arrays).kind {
            0 => (*arrays).check::<f32, f64>(),
            1 => (*arrays).check::<f32, f32>(),
            2 => (*arrays).check::<f64, f64>(),
            _ => UNFIT,
        }
    }
}

/// Adds to each row's sums what its leaves say, tree by tree.
///
/// # Safety
///
/// [`makinage_trees_check`] has answered 0 for these very arrays, and nothing of them has changed since. `rows` are
/// `count` rows of features, `sums` as many rows of sums, of the kind's types, aligned, and nobody else writes to them.
#[cfg_attr(makinage_library, unsafe(no_mangle))]
pub unsafe extern "C" fn makinage_trees_add(
    arrays: *const Arrays,
    rows: *const c_void,
    count: usize,
    sums: *mut c_void,
) -> u32 {
    // SAFETY: the caller's word.
    unsafe {
        match (*arrays).kind {
            0 => (*arrays).add::<f32, f64, UpTo>(rows, count, sums),
            1 => (*arrays).add::<f32, f32, Below>(rows, count, sums),
            2 => (*arrays).add::<f64, f64, UpTo>(rows, count, sums),
            _ => UNFIT,
        }
    }
}

/// Puts answers in the place of `rows` rows of `width` sums each, which are `f64` where `double` isn't 0, else `f32`.
///
/// # Safety
///
/// `sums` are that many numbers, aligned, and nobody else has them at hand.
#[cfg_attr(makinage_library, unsafe(no_mangle))]
pub unsafe extern "C" fn makinage_trees_link(
    link: u32,
    double: u32,
    sums: *mut c_void,
    rows: usize,
    width: usize,
) -> u32 {
    let (Some(link), Some(count)) = (Link::numbered(link), rows.checked_mul(width)) else { return UNFIT };
    if width == 0 {
        return UNFIT;
    }
    // SAFETY: the caller's word.
    unsafe {
        if double == 0 {
            link.apply_f32(slice::from_raw_parts_mut(sums.cast(), count), width);
        } else {
            link.apply_f64(slice::from_raw_parts_mut(sums.cast(), count), width);
        }
    }
    0
}

/// The sum that a probability comes from, as XGBoost computes it.
#[cfg_attr(makinage_library, unsafe(no_mangle))]
pub extern "C" fn makinage_trees_logit(probability: f32) -> f32 {
    logit(probability)
}

/// The C library's logarithm.
#[cfg_attr(makinage_library, unsafe(no_mangle))]
pub extern "C" fn makinage_trees_log(number: f32) -> f32 {
    log(number)
}

#[cfg(test)]
mod tests;
