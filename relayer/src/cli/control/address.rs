//! Where the socket is, also where the home directory has a long name.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::{Place, SOCKET};

/// The longest path in the address of a socket: 108 bytes with the zero at its end.
///
/// Source: Linux, `include/uapi/linux/un.h`.
const LONGEST: usize = 107;

/// The path of the socket. One that is too long for an address goes over its directory, opened, which has a short name.
#[derive(Debug)]
pub(super) struct Address {
    home: PathBuf,
}

impl Address {
    pub(super) fn of(place: &Place) -> Self {
        Self { home: place.home.clone() }
    }

    pub(super) fn bind(&self) -> io::Result<UnixListener> {
        let (path, _opened) = self.path()?;
        UnixListener::bind(path)
    }

    pub(super) async fn connect(&self) -> io::Result<UnixStream> {
        let (path, _opened) = self.path()?;
        UnixStream::connect(path).await
    }

    /// The path, which is good for as long as the directory is open.
    fn path(&self) -> io::Result<(PathBuf, Option<File>)> {
        let path = self.home.join(SOCKET);
        if path.as_os_str().len() <= LONGEST {
            return Ok((path, None));
        }
        let home = File::open(&self.home)?;
        let opened = Path::new("/proc/self/fd").join(home.as_raw_fd().to_string());
        Ok((opened.join(SOCKET), Some(home)))
    }
}
