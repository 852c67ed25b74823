//! Going back to an earlier model: which there are, on the topic and in this machine's store, which of them it is, and
//! publishing that one again, so that every instance follows. Who asks for it, a command or the service's own port,
//! says where lines go.

mod choose;
pub(crate) mod known;
mod republish;

pub(crate) use self::{
    choose::{Wanted, choose},
    republish::{Teller, republish},
};
