//! What happened, a line a day in a table; nothing of who. It stays on the machine.

use crate::exhibit::heart::Beat;
use jiff::{Zoned, civil::Date};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// A day of the calendar, by local time.
pub type Day = Date;

const NAME: &str = "counts.csv";
const HEAD: &str = "date,visitors,digits,answers,refusals,restarts,minutes";

/// Local time, for the log.
pub fn now() -> String {
    Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Today, and minutes since midnight.
pub fn day_and_minutes() -> (Day, u32) {
    let now = Zoned::now();
    let (hour, minute) = (now.hour() as u32, now.minute() as u32);
    (now.date(), hour * 60 + minute)
}

/// Visitors, digits, answers, refusals, restarts.
type Figures = [u64; 5];

/// The table.
pub struct Tally {
    file: PathBuf,
    today: Day,
    /// What today's line says without the app that runs now, and since it was counted last.
    figures: Figures,
    /// What was already counted of the app that runs now.
    taken: [u64; 4],
    minutes: u64,
    up: Duration,
    looked: Instant,
}

impl Tally {
    /// Goes on with the table in this folder.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let (today, _) = day_and_minutes();
        let mut tally = Self {
            file: folder.join(NAME),
            today,
            figures: [0; 5],
            taken: [0; 4],
            minutes: 0,
            up: Duration::ZERO,
            looked: Instant::now(),
        };
        let line = tally.lines().into_iter().find(|line| is_of(line, today));
        if let Some(line) = line {
            let mut numbers = line.split(',').skip(1).map(|n| n.parse().unwrap_or(0));
            tally.figures = std::array::from_fn(|_| numbers.next().unwrap_or(0));
            tally.minutes = numbers.next().unwrap_or(0);
        }
        tally
            .write()
            .map_err(|error| format!("{}: {error}", tally.file.display()))?;
        Ok(tally)
    }

    /// Counts what the app that runs now counted since the last time.
    pub fn take(&mut self, beat: &Beat) {
        self.turn_day();
        let now = [beat.visitors, beat.digits, beat.answers, beat.refusals];
        for (place, count) in now.into_iter().enumerate() {
            self.figures[place] += count.saturating_sub(self.taken[place]);
        }
        self.taken = now;
        self.up += self.looked.elapsed();
        self.looked = Instant::now();
        // A disk that is full stops no exhibit.
        let _ = self.write();
    }

    /// The app that ran is gone.
    pub fn close(&mut self) {
        self.taken = [0; 4];
        self.looked = Instant::now();
    }

    /// Counts a restart.
    pub fn add_restart(&mut self) {
        self.turn_day();
        self.figures[4] += 1;
        let _ = self.write();
    }

    fn turn_day(&mut self) {
        let (today, _) = day_and_minutes();
        if today != self.today {
            self.today = today;
            self.figures = [0; 5];
            (self.minutes, self.up) = (0, Duration::ZERO);
        }
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with("date,"));
        lines.map(String::from).collect()
    }

    fn write(&self) -> std::io::Result<()> {
        let mut lines = self.lines();
        lines.retain(|line| !is_of(line, self.today));
        let figures = self.figures.map(|figure| figure.to_string()).join(",");
        let minutes = self.minutes + self.up.as_secs() / 60;
        lines.push(format!("{},{figures},{minutes}", self.today));
        // Written beside and renamed: a machine that is switched off loses nothing.
        let partial = self.file.with_extension("part");
        fs::write(&partial, format!("{HEAD}\n{}\n", lines.join("\n")))?;
        fs::rename(partial, &self.file)
    }
}

fn is_of(line: &str, day: Day) -> bool {
    line.split(',').next() == Some(day.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_line_over_restarts() {
        let folder = std::env::temp_dir().join(format!("mnistify-counts-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join(NAME),
            format!("{HEAD}\n2026-01-01,9,9,8,1,0,600\n"),
        )
        .unwrap();
        let beat = |visitors, digits| Beat {
            visitors,
            digits,
            answers: digits,
            ..Beat::default()
        };
        let mut tally = Tally::open(&folder).unwrap();
        tally.take(&beat(1, 2));
        tally.take(&beat(2, 5));
        tally.close();
        tally.add_restart();
        tally.take(&beat(1, 1));
        // Another supervisor goes on.
        let mut tally = Tally::open(&folder).unwrap();
        tally.take(&beat(1, 1));
        let text = fs::read_to_string(folder.join(NAME)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(lines[1], "2026-01-01,9,9,8,1,0,600");
        assert!(lines[2].ends_with(",4,7,7,0,1,0"), "{text}");
        fs::remove_dir_all(folder).unwrap();
    }
}
