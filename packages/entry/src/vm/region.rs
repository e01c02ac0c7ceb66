//! Bytes in linear memory, as the VM describes them.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;

/// Bytes that change hands, and where they are. The layout is part of the VM's interface, and that
/// of `cosmwasm_std`, whose `allocate` and `deallocate` make and free such regions as well.
#[repr(C)]
struct Region {
    offset: u32,
    capacity: u32,
    length: u32,
}

/// Bytes of ours that the VM may read during a call. Same layout.
#[repr(C)]
pub(super) struct Lent<'b> {
    region: Region,
    bytes: PhantomData<&'b [u8]>,
}

impl<'b> Lent<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        let length = bytes.len() as u32;
        let region = Region { offset: bytes.as_ptr() as u32, capacity: length, length };
        Self { region, bytes: PhantomData }
    }
}

/// Takes over bytes from the VM.
///
/// # Safety
/// `region` was made by `allocate`, the VM has written `length` bytes into it, and it is handed
/// over once.
pub(super) unsafe fn take(region: u32) -> Vec<u8> {
    // SAFETY: `allocate` boxes a struct of this layout.
    let region = unsafe { Box::from_raw(region as *mut Region) };
    let Region { offset, capacity, length } = *region;
    // SAFETY: `allocate` takes the memory out of a vector of this capacity.
    unsafe { Vec::from_raw_parts(offset as *mut u8, length as usize, capacity as usize) }
}

/// Hands bytes over to the VM, which will `deallocate` them.
pub(super) fn give(bytes: Vec<u8>) -> u32 {
    let mut bytes = ManuallyDrop::new(bytes);
    let region = Region {
        offset: bytes.as_mut_ptr() as u32,
        capacity: bytes.capacity() as u32,
        length: bytes.len() as u32,
    };
    Box::into_raw(Box::new(region)) as u32
}
