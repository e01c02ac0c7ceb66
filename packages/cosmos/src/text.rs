//! Texts of strangers, as they may be shown: addresses, titles and errors of contracts could otherwise forge lines of a log or
//! move the cursor of a terminal.

/// A text on one line, in which control characters are named.
#[must_use]
pub fn printable(text: &str) -> String {
    without_control(text, |_| false)
}

/// As [`printable`], with the lines of the text.
#[must_use]
pub fn printable_text(text: &str) -> String {
    without_control(text, |c| c == '\n')
}

fn without_control(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        // Marks that turn the direction of writing disguise as well as control characters do.
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() || turns) && !keeps(c) {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_stays_on_its_line() {
        let forged = "a\u{1b}[2J\nclaimed 5 usdx\u{202e}";
        assert_eq!(printable(forged), "a\\u{1b}[2J\\nclaimed 5 usdx\\u{202e}");
        assert_eq!(printable_text(forged), "a\\u{1b}[2J\nclaimed 5 usdx\\u{202e}");
        assert_eq!(printable("2 × 500m cpu, …"), "2 × 500m cpu, …");
    }
}
