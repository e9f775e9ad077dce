//! Reading a reserve and a passphrase from a terminal without echo, or from a file descriptor.
//!
//! At a terminal the amount is typed twice, and when sealing the passphrase too; what is typed twice must be equal. From
//! a descriptor come lines: the passphrase first and, when sealing, the amount second. Whatever follows is left alone, so
//! that one file serves for sealing and for opening.
//!
//! What is typed is in locked memory before the next thing is asked for. An error says what was expected and never what
//! came.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use super::locked::CannotHoldReserve;
use super::opening::Opening;
use super::scrub::scrubbed;
use super::secret::{AmountTextError, Line, Passphrase, SecretAmount};
use crate::journal::Hex;

/// Where the secrets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The controlling terminal, `/dev/tty`.
    Terminal,
    /// A descriptor of this process that is open for reading and no terminal: a pipe, a socket, or a file, which is read
    /// from where it stands. Not more than the lines wanted is taken, and the descriptor stays open.
    Descriptor(i32),
}

/// The language of the prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese (中文).
    Chinese,
}

/// Why no secret was read. Never says what was typed.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// There is no terminal.
    #[error("no terminal to type at ({0})")]
    NoTerminal(#[source] io::Error),
    /// The descriptor cannot be read.
    #[error("expected descriptor {number} to be a pipe, a socket or a file open for reading ({source})")]
    Descriptor {
        /// The descriptor's number.
        number: i32,
        /// Why not.
        source: io::Error,
    },
    /// The descriptor is a terminal, which would show what is typed.
    #[error("descriptor {0} is a terminal, which would show what is typed; give none to type without echo")]
    DescriptorIsTerminal(i32),
    /// Reading or writing failed.
    #[error("reading the secrets failed: {0}")]
    Io(#[from] io::Error),
    /// The input ended before a line.
    #[error("expected {0}, and the input ended")]
    EndOfInput(&'static str),
    /// Ctrl-C.
    #[error("cancelled")]
    Cancelled,
    /// A line is too long.
    #[error("expected {0} of at most 1024 bytes")]
    TooLong(&'static str),
    /// A line is not text.
    #[error("expected {0} of UTF-8 without control characters")]
    NotText(&'static str),
    /// A line begins with the mark that some editors put before a text. Nobody could type it.
    #[error("expected {0} without a byte order mark (U+FEFF) before it; save the file as UTF-8 without BOM")]
    ByteOrderMark(&'static str),
    /// A line is empty.
    #[error("expected {0}, got an empty line")]
    Empty(&'static str),
    /// What was typed twice was not the same.
    #[error("expected {0} twice, and the second was different")]
    Differ(&'static str),
    /// The amount is no amount.
    #[error(transparent)]
    Amount(#[from] AmountTextError),
    /// There is no locked memory for what is typed.
    #[error(transparent)]
    CannotHoldReserve(#[from] CannotHoldReserve),
}

const AMOUNT: &str = "an amount";
const PASSPHRASE: &str = "a passphrase";
const CTRL_C: u8 = 0x03;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How long a descriptor that does not wait is left alone before it is asked again.
const PATIENCE: Duration = Duration::from_millis(10);

/// Reads what [`seal`](super::seal) needs: an amount in `unit`, which is 10^`scale` minor units, and a passphrase.
///
/// # Errors
/// [`TerminalError`]; the terminal is then as it was before.
pub fn read_for_sealing(
    source: Source,
    scale: u8,
    unit: &str,
    language: Language,
) -> Result<(SecretAmount, Passphrase), TerminalError> {
    match source {
        Source::Terminal => Terminal::open(language)?.ask_for_sealing(scale, unit),
        Source::Descriptor(number) => {
            let mut lines = Descriptor::duplicate(number)?;
            let passphrase = passphrase(lines.read_line(PASSPHRASE)?)?;
            let amount = SecretAmount::parse(lines.read_line(AMOUNT)?.as_slice(), scale)?;
            Ok((amount, passphrase))
        }
    }
}

/// Reads an amount in a unit of 10^`scale` minor units from a descriptor: the next line of it.
///
/// # Errors
/// [`TerminalError`].
pub fn read_amount(descriptor: i32, scale: u8) -> Result<SecretAmount, TerminalError> {
    Ok(SecretAmount::parse(Descriptor::duplicate(descriptor)?.read_line(AMOUNT)?.as_slice(), scale)?)
}

/// Writes an amount in minor units and its blinding in hexadecimal to a descriptor, as one line.
///
/// # Errors
/// [`TerminalError`].
pub fn write_opening(descriptor: i32, opening: Opening) -> Result<(), TerminalError> {
    scrubbed(|| {
        let (amount, blinding) = opening.disclose();
        // Room for all of it, so that it does not move and leave a copy.
        let mut line = Zeroizing::new(Vec::with_capacity(OPENING_LINE));
        let written = io::Write::write_fmt(&mut *line, format_args!("{} {}\n", amount.minor(), Hex(&blinding)));
        written.map_err(|source| TerminalError::Descriptor { number: descriptor, source })?;
        let mut out = Descriptor::duplicate(descriptor)?;
        io::Write::write_all(&mut out.file, &line)
            .map_err(|source| TerminalError::Descriptor { number: descriptor, source })
    })
}

/// More than an amount, a space, 64 digits and the end of the line take.
const OPENING_LINE: usize = 128;

/// Reads what [`open`](super::open) needs: a passphrase, once.
///
/// # Errors
/// [`TerminalError`]; the terminal is then as it was before.
pub fn read_passphrase(source: Source, language: Language) -> Result<Passphrase, TerminalError> {
    match source {
        Source::Terminal => Terminal::open(language)?.ask_passphrase(),
        Source::Descriptor(number) => passphrase(Descriptor::duplicate(number)?.read_line(PASSPHRASE)?),
    }
}

/// A terminal that shows nothing of what is typed, until it is dropped.
///
/// Ctrl-C and Ctrl-Z make no signal meanwhile, so that no way out leaves the terminal without echo, save for a signal
/// from elsewhere that ends the process. Ctrl-C is read as a character and cancels.
struct Terminal {
    tty: File,
    before: Termios,
    language: Language,
}

impl Terminal {
    fn open(language: Language) -> Result<Self, TerminalError> {
        let tty = File::options().read(true).write(true).open("/dev/tty").map_err(TerminalError::NoTerminal)?;
        Self::silence(tty, language)
    }

    fn silence(tty: File, language: Language) -> Result<Self, TerminalError> {
        let before = tcgetattr(&tty).map_err(|errno| TerminalError::NoTerminal(errno.into()))?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.local_modes.insert(LocalModes::ICANON | LocalModes::ECHONL);
        silent.input_modes.insert(InputModes::ICRNL);
        // Ends a line as the return key does, and so reaches the program at once.
        silent.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        // From here on the modes are restored, because `terminal` is dropped.
        let terminal = Self { tty, before, language };
        tcsetattr(&terminal.tty, OptionalActions::Flush, &silent).map_err(io::Error::from)?;
        Ok(terminal)
    }

    fn ask_for_sealing(&mut self, scale: u8, unit: &str) -> Result<(SecretAmount, Passphrase), TerminalError> {
        let [reserve, reserve_again, chosen, chosen_again] = match self.language {
            Language::English => [
                format!("Reserve ({unit}): "),
                format!("Reserve again ({unit}): "),
                "Passphrase: ".into(),
                "Passphrase again: ".into(),
            ],
            Language::Chinese => [
                format!("底价（{unit}）："),
                format!("再次输入底价（{unit}）："),
                "口令：".into(),
                "再次输入口令：".into(),
            ],
        };
        let amount = SecretAmount::parse(self.ask(&reserve, AMOUNT)?.as_slice(), scale)?;
        let again = SecretAmount::parse(self.ask(&reserve_again, AMOUNT)?.as_slice(), scale)?;
        if !amount.equals(&again) {
            return Err(TerminalError::Differ(AMOUNT));
        }
        let passphrase = passphrase(self.ask(&chosen, PASSPHRASE)?)?;
        if self.ask(&chosen_again, PASSPHRASE)?.as_slice() != passphrase.expose() {
            return Err(TerminalError::Differ(PASSPHRASE));
        }
        Ok((amount, passphrase))
    }

    fn ask_passphrase(&mut self) -> Result<Passphrase, TerminalError> {
        let prompt = match self.language {
            Language::English => "Passphrase: ",
            Language::Chinese => "口令：",
        };
        passphrase(self.ask(prompt, PASSPHRASE)?)
    }

    fn ask(&mut self, prompt: &str, what: &'static str) -> Result<Line, TerminalError> {
        self.tty.write_all(prompt.as_bytes())?;
        let line = scrubbed(|| read_line(&mut self.tty, what))?;
        if line.as_slice().contains(&CTRL_C) {
            return Err(TerminalError::Cancelled);
        }
        Ok(line)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Flushed, so that the rest of a line that was refused does not reach the shell. There is nobody to tell about a
        // terminal that is gone.
        tcsetattr(&self.tty, OptionalActions::Flush, &self.before).ok();
    }
}

/// A caller's descriptor under a number of our own, so that the caller's stays open.
struct Descriptor {
    file: File,
    number: i32,
}

impl Descriptor {
    fn duplicate(number: i32) -> Result<Self, TerminalError> {
        let failed = |source: io::Error| TerminalError::Descriptor { number, source };
        if number < 0 {
            return Err(failed(rustix::io::Errno::BADF.into()));
        }
        #[allow(unsafe_code, reason = "a caller names a descriptor by its number")]
        // SAFETY: The borrow ends with the duplication, which is all that is done with it. If the number is not open, the
        // kernel says so.
        let owned = rustix::io::fcntl_dupfd_cloexec(unsafe { BorrowedFd::borrow_raw(number) }, 0);
        let file = File::from(owned.map_err(|errno| failed(errno.into()))?);
        if isatty(&file) { Err(TerminalError::DescriptorIsTerminal(number)) } else { Ok(Self { file, number }) }
    }

    fn read_line(&mut self, what: &'static str) -> Result<Line, TerminalError> {
        let number = self.number;
        scrubbed(|| read_line(&mut self.file, what)).map_err(|error| match error {
            TerminalError::Io(source) => TerminalError::Descriptor { number, source },
            other => other,
        })
    }
}

fn passphrase(line: Line) -> Result<Passphrase, TerminalError> {
    let typed = line.as_slice();
    if typed.is_empty() {
        return Err(TerminalError::Empty(PASSPHRASE));
    }
    if typed.starts_with(BYTE_ORDER_MARK) {
        return Err(TerminalError::ByteOrderMark(PASSPHRASE));
    }
    let has_control = typed.iter().any(|&byte| byte < 0x20 || byte == 0x7f);
    if has_control || std::str::from_utf8(typed).is_err() {
        return Err(TerminalError::NotText(PASSPHRASE));
    }
    Ok(Passphrase::of_line(line))
}

/// Returns the next line, without its LF or CR LF. A last line needs neither. Ctrl-C ends a line as well, and is kept.
///
/// Byte by byte, because a buffering reader would keep a copy and take more than the line.
fn read_line(input: &mut impl Read, what: &'static str) -> Result<Line, TerminalError> {
    let mut line = Line::new()?;
    let mut byte = Zeroizing::new([0; 1]);
    loop {
        let read = match input.read(&mut *byte) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(PATIENCE);
                continue;
            }
            read => read?,
        };
        let [next] = *byte;
        match (read, next) {
            (0, _) if line.as_slice().is_empty() => return Err(TerminalError::EndOfInput(what)),
            (0, _) | (_, b'\n') => break,
            _ => line.push(next).ok_or(TerminalError::TooLong(what))?,
        }
        if next == CTRL_C {
            break;
        }
    }
    if line.as_slice().last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Seek;
    use std::os::fd::AsRawFd;
    use std::thread;

    use rustix::fs::{Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    type Answers<'a> = &'a [(&'a str, &'a [u8])];

    /// Returns what `run` makes of a terminal at which each answer is typed when its prompt is shown, and all that the
    /// terminal showed. Fails unless the terminal is afterwards as it was.
    fn at_terminal<R>(
        answers: Answers,
        language: Language,
        run: impl FnOnce(Terminal) -> Result<R, TerminalError>,
    ) -> (Result<R, TerminalError>, String) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let tty = File::from(rustix::fs::open(name, flags, Mode::empty()).unwrap());
        let watched = tty.try_clone().unwrap();
        let mut keyboard = File::from(master);
        thread::scope(|scope| {
            let typist = scope.spawn(move || {
                let mut shown = Vec::new();
                let mut byte = [0];
                let mut answers = answers.iter().peekable();
                // Ends with EIO when the last handle of the terminal is closed.
                while keyboard.read(&mut byte).is_ok_and(|read| read == 1) {
                    shown.extend(byte);
                    if let Some((_, answer)) = answers.next_if(|(prompt, _)| shown.ends_with(prompt.as_bytes())) {
                        keyboard.write_all(answer).unwrap();
                    }
                }
                String::from_utf8(shown).unwrap()
            });
            let before = tcgetattr(&watched).unwrap();
            let result = Terminal::silence(tty, language).and_then(run);
            let after = tcgetattr(&watched).unwrap();
            drop(watched);
            assert_eq!(after.local_modes, before.local_modes);
            assert_eq!(after.input_modes, before.input_modes);
            let end_of_line = SpecialCodeIndex::VEOL;
            assert_eq!(after.special_codes[end_of_line], before.special_codes[end_of_line]);
            assert!(after.local_modes.contains(LocalModes::ECHO | LocalModes::ISIG));
            (result, typist.join().unwrap())
        })
    }

    fn sealing(answers: Answers) -> (Result<(SecretAmount, Passphrase), TerminalError>, String) {
        at_terminal(answers, Language::English, |mut terminal| terminal.ask_for_sealing(6, "万元"))
    }

    #[test]
    fn typing_shows_prompts_only() {
        let (result, shown) = sealing(&[
            ("Reserve (万元): ", b"12345.6\n"),
            ("Reserve again (万元): ", b"12345.60\r"),
            ("Passphrase: ", b"open sesame\n"),
            ("Passphrase again: ", b"open sesame\n"),
        ]);
        let (amount, passphrase) = result.unwrap();
        assert_eq!(amount.expose().minor(), 12_345_600_000);
        assert_eq!(passphrase.expose(), b"open sesame");
        assert_eq!(shown, "Reserve (万元): \r\nReserve again (万元): \r\nPassphrase: \r\nPassphrase again: \r\n");
    }

    #[test]
    fn the_terminal_is_restored_whatever_is_typed() {
        let cases: [(Answers, &str); 7] = [
            (
                &[("Reserve (万元): ", b"1\n"), ("Reserve again (万元): ", b"2\n")],
                "expected an amount twice, and the second was different",
            ),
            (
                &[("Reserve (万元): ", b"12 345\n")],
                "expected an amount in the digits 0 to 9 with at most 6 digits after the point, without sign, space or separator",
            ),
            (&[("Reserve (万元): ", b"12345\x03")], "cancelled"),
            (&[("Reserve (万元): ", b"\x03")], "cancelled"),
            (&[("Reserve (万元): ", b"\x04")], "expected an amount, and the input ended"),
            (
                &[("Reserve (万元): ", b"1\n"), ("Reserve again (万元): ", b"1\n"), ("Passphrase: ", b"\n")],
                "expected a passphrase, got an empty line",
            ),
            (
                &[
                    ("Reserve (万元): ", b"1\n"),
                    ("Reserve again (万元): ", b"1\n"),
                    ("Passphrase: ", b"one\n"),
                    ("Passphrase again: ", b"two\n"),
                ],
                "expected a passphrase twice, and the second was different",
            ),
        ];
        for (answers, expected) in cases {
            let (result, shown) = sealing(answers);
            assert_eq!(result.unwrap_err().to_string(), expected);
            assert!(!shown.contains("12345") && !shown.contains("one"), "{shown}");
        }
    }

    #[test]
    fn a_panic_restores_the_terminal() {
        let (result, _) = at_terminal(&[], Language::English, |terminal| {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _terminal = terminal;
                std::panic::resume_unwind(Box::new("stop"));
            }));
            Ok(caught.is_err())
        });
        assert!(result.unwrap());
    }

    fn file_of(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file.rewind().unwrap();
        file
    }

    fn from_file(content: &[u8]) -> Result<(i64, Vec<u8>), TerminalError> {
        let file = file_of(content);
        let source = Source::Descriptor(file.as_raw_fd());
        let (amount, passphrase) = read_for_sealing(source, 2, "元", Language::English)?;
        Ok((amount.expose().minor(), passphrase.expose().to_vec()))
    }

    #[test]
    fn a_descriptor_gives_the_passphrase_and_then_the_amount() {
        let expected = (123_450, "钥匙 1".as_bytes().to_vec());
        for content in ["钥匙 1\n1234.50\n", "钥匙 1\r\n1234.5\r\n", "钥匙 1\n1234.5", "钥匙 1\n1234.5\nmore\n"]
        {
            assert_eq!(from_file(content.as_bytes()).unwrap(), expected, "{content:?}");
        }
        let both = file_of(b"secret\n5\n");
        let passphrase = read_passphrase(Source::Descriptor(both.as_raw_fd()), Language::English).unwrap();
        assert_eq!(passphrase.expose(), b"secret");
    }

    #[test]
    fn a_pipe_is_read_after_its_writer_has_gone() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"secret\n5\n").unwrap();
        drop(writer);
        let source = Source::Descriptor(reader.as_raw_fd());
        assert_eq!(read_passphrase(source, Language::English).unwrap().expose(), b"secret");
    }

    #[test]
    fn a_pipe_is_waited_for() {
        let (reader, mut writer) = io::pipe().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(std::time::Duration::from_millis(50));
                writer.write_all(b"secret\n").unwrap();
            });
            let source = Source::Descriptor(reader.as_raw_fd());
            assert_eq!(read_passphrase(source, Language::English).unwrap().expose(), b"secret");
        });
    }

    #[test]
    fn a_descriptor_that_gives_no_secret_is_refused() {
        let long = [b"x".repeat(1025), b"\n1\n".to_vec()].concat();
        for (content, expected) in [
            (&b""[..], "expected a passphrase, and the input ended"),
            (b"secret\n", "expected an amount, and the input ended"),
            (b"\n1\n", "expected a passphrase, got an empty line"),
            (b"a\tb\n1\n", "expected a passphrase of UTF-8 without control characters"),
            (b"\xff\xfe\n1\n", "expected a passphrase of UTF-8 without control characters"),
            (
                b"\xef\xbb\xbfa\n1\n",
                "expected a passphrase without a byte order mark (U+FEFF) before it; save the file as UTF-8 without BOM",
            ),
            (&long, "expected a passphrase of at most 1024 bytes"),
        ] {
            assert_eq!(from_file(content).unwrap_err().to_string(), expected);
        }
        assert!(matches!(
            read_passphrase(Source::Descriptor(-1), Language::English),
            Err(TerminalError::Descriptor { number: -1, .. })
        ));
    }

    #[test]
    fn a_terminal_is_no_descriptor_to_read_from() {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let tty = rustix::fs::open(ptsname(&master, Vec::new()).unwrap(), flags, Mode::empty()).unwrap();
        let number = tty.as_raw_fd();
        let result = read_passphrase(Source::Descriptor(number), Language::English);
        assert!(matches!(result, Err(TerminalError::DescriptorIsTerminal(n)) if n == number));
    }

    #[test]
    fn a_descriptor_is_read_from_where_it_stands_and_no_further_than_its_line() {
        let mut file = file_of(b"first\nsecond\nthird\n");
        let source = Source::Descriptor(file.as_raw_fd());
        for expected in [b"first".as_slice(), b"second"] {
            assert_eq!(read_passphrase(source, Language::English).unwrap().expose(), expected);
        }
        let mut rest = String::new();
        file.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "third\n");
    }

    #[test]
    fn a_socket_that_does_not_wait_is_read_like_a_pipe() {
        let (reader, mut writer) = std::os::unix::net::UnixStream::pair().unwrap();
        reader.set_nonblocking(true).unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(50));
                writer.write_all(b"secret\n").unwrap();
            });
            let source = Source::Descriptor(reader.as_raw_fd());
            assert_eq!(read_passphrase(source, Language::English).unwrap().expose(), b"secret");
        });
    }

    #[test]
    fn a_descriptor_that_is_not_open_for_reading_is_named() {
        let (_reader, writer) = io::pipe().unwrap();
        let number = writer.as_raw_fd();
        let result = read_passphrase(Source::Descriptor(number), Language::English);
        assert!(matches!(result, Err(TerminalError::Descriptor { number: n, .. }) if n == number));
        let closed = Source::Descriptor(1_000_000);
        let result = read_passphrase(closed, Language::English);
        assert!(matches!(result, Err(TerminalError::Descriptor { number: 1_000_000, .. })));
    }

    #[test]
    fn prompts_are_chinese_on_demand() {
        let answers: Answers = &[
            ("底价（万元）：", b"1\n"),
            ("再次输入底价（万元）：", b"1\n"),
            ("口令：", b"one\n"),
            ("再次输入口令：", b"one\n"),
        ];
        let (result, shown) =
            at_terminal(answers, Language::Chinese, |mut terminal| terminal.ask_for_sealing(6, "万元"));
        assert_eq!(result.unwrap().1.expose(), b"one");
        assert_eq!(shown, "底价（万元）：\r\n再次输入底价（万元）：\r\n口令：\r\n再次输入口令：\r\n");
        let (result, shown) =
            at_terminal(&[("口令：", b"one\n")], Language::Chinese, |mut terminal| terminal.ask_passphrase());
        assert_eq!((result.unwrap().expose(), shown.as_str()), (b"one".as_slice(), "口令：\r\n"));
    }
}
