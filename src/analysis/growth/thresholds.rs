//! The numbers that decide a verdict on growth, each with its reason. docs/growth.md has them as a table,
//! and `tests/integration/growth_thresholds.rs` a pair of series for each that decides one, on either side.

macro_rules! thresholds {
    ($($(#[$reason:meta])* $name:ident: $kind:ty = $value:expr;)*) => {
        $($(#[$reason])* pub const $name: $kind = $value;)*

        /// All of them by name.
        #[expect(
            clippy::allow_attributes,
            reason = "only some of the types cannot be converted without a cast"
        )]
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_lossless,
            clippy::unnecessary_cast,
            reason = "all are small"
        )]
        pub const ALL: &[(&str, f64)] = &[$((stringify!($name), $name as f64)),*];
    };
}

thresholds! {
    /// The exponent of `amount = c * iterations^p` from which on growth counts as straight: what grows like
    /// n^0.85 has two thirds of its first rate left after 2,000 iterations.
    STEADY_EXPONENT: f64 = 0.85;

    /// What is within the noise of a straight line is none below this exponent: its rate halves each time
    /// that the iterations are four times as many.
    LEAST_NOISY_EXPONENT: f64 = 0.5;

    /// How many standard errors are noise: one series of straight growth in seven hundred is farther below.
    NOISE: f64 = 3.0;

    /// What grows more slowly than n^0.25 is not called lawful: over the doublings that are watched it cannot
    /// be told from what comes to an end.
    LEAST_LAW: f64 = 0.25;

    /// By how much the exponent may fall from one doubling to the next and still be a law. A cache whose keys
    /// come by chance and that is half full loses 0.2.
    MOST_DECLINE: f64 = 0.15;

    /// So many points within the last two doublings tell an exponent.
    FEWEST_MEASURED: usize = 2;

    /// The part of the mean rate that the median of the rates between two moments has to have where memory
    /// goes on rising: one jump is no leak.
    LEAST_MEDIAN: f64 = 0.6;

    /// How many times longer than the longest pause before a pause is an end, or may be one.
    QUIET_PAUSES: u64 = 3;

    /// So many iterations without anything new, at least, are an end of growth.
    FEWEST_QUIET: u64 = 60;

    /// Over so many iterations a dead straight rise is believed.
    STRAIGHT_ITERATIONS: u64 = 300;

    /// What part of a rise the line may miss and is still straight, beside one step.
    STRAIGHT_ERROR: f64 = 0.01;

    /// Seconds that a straight rise is watched, at least: fast iterations show caches of thousands meanwhile.
    STRAIGHT_SECONDS: f64 = 1.0;

    /// Iterations of a watch that time has cut short, from which on it tells a leak from a cache: many caches
    /// have room for a hundred or so.
    FEWEST_WATCHED: u64 = 150;

    /// New elements in an iteration that are few: they may come by the clock.
    SLOW: f64 = 0.1;

    /// Seconds for which what is slow is watched, however many iterations that takes.
    SLOW_SECONDS: f64 = 1.0;

    /// How many times as long slow iterations take, where fast and slow ones take turns. Not many times: between
    /// two of them what comes by the clock may be missed.
    SLOWER: f64 = 5.0;

    /// Seconds of a turn, at least. Not a part of a tenth of a second: by that the system stops programs that
    /// may run for a part of the time only.
    TURN_SECONDS: f64 = 0.023;

    /// Seconds that are waited for a slow iteration, at most: a scenario that takes longer has no turns.
    LONGEST_PAUSE: f64 = 0.1;

    /// How many times as long as the watch the turns may take.
    PACED_PART: f64 = 3.0;

    /// In what part of the pairs of turns more comes in the fast one, of what comes with the iterations: five of
    /// six come in it, and some of the turns have one only. What comes by the clock does so in half of them.
    FAST_TURNS_WIN: f64 = 0.8;

    /// How many times likelier one cause has to be than the other.
    CERTAINTY: f64 = 200.0;

    /// How full a container is, as a part of a limit that only an attribute names, where the limit is believed.
    NEAR_LIMIT: f64 = 0.5;

    /// The part of the highest point that what rises and falls has come to before, where that is no more
    /// than before.
    NEAR_PEAK: f64 = 0.95;

    /// Points of a third of the watch of which lowest and highest mean something.
    FEWEST_OF_THIRD: usize = 10;

    /// Points of a third that are compared with those of another: that all of three are higher than three
    /// others happens by chance once in twenty times.
    FEWEST_TO_COMPARE: usize = 3;

    /// What part of its last step a rising saw has to make again.
    LEAST_OF_STEP: f64 = 0.5;

    /// What part of the first rate makes what nobody watched go on: there are a few saved heaps only, and the
    /// load on a service changes.
    LEAST_OF_RATE: f64 = 0.5;

    /// Blocks or bytes in an iteration that are no noise.
    LEAST_RATE: f64 = 0.9;

    /// Iterations for each block that are worth a closer look: of those that leak a few are covered by others
    /// that are given back meanwhile.
    ITERATIONS_A_BLOCK: i64 = 2;

    /// Bytes by which resident memory must rise from one moment to the next to be more than noise.
    LEAST_RESIDENT: u64 = 128 * 1024;

    /// Bytes in an iteration by which it must rise too.
    LEAST_RESIDENT_RATE: i64 = 512;

    /// Bytes by which what the C allocator has given out must rise from one moment to the next: a count with
    /// little noise, but lists and dicts that are made larger are among it.
    LEAST_GIVEN_OUT: u64 = 1024;

    /// Bytes in an iteration by which it must rise too.
    LEAST_GIVEN_OUT_RATE: i64 = 16;

    /// Bytes beside something that grows: the program is at work meanwhile.
    LEAST_BESIDES: u64 = 2 << 20;

    /// How many times the bytes of the objects memory has to rise to be more than they explain: they have
    /// neither the allocator's rounding nor what they share.
    OBJECTS_EXPLAIN: u64 = 2;

    /// How many times as much what is an effect of something else may rise: the methods that a thread runs.
    MOST_EFFECTS: u64 = 3;

    /// How much of the rise of an effect may come later, as one part in so many.
    EFFECT_DELAY: u64 = 10;

    /// In so many of [`PAUSING_OF`] intervals between saved heaps something has to rise: a service has nothing
    /// to do at times.
    PAUSING_RISES: usize = 3;

    /// See [`PAUSING_RISES`].
    PAUSING_OF: usize = 4;

    /// So many iterations of a watch are all looked at; of those that follow one in each hundredth.
    LOOKS_AT_EACH: u64 = 200;

    /// Containers of one path that are looked at, a few nanoseconds each; where there are more, snapshots count
    /// them, and their limits are not known.
    MOST_CONTAINERS: usize = 10_000;

    /// Paths that are looked at.
    MOST_PATHS: usize = 200;

    /// What cannot be looked at is counted in a snapshot after so many iterations of a watch, then each time
    /// three times as many.
    FIRST_CHECK: u64 = 50;

    /// Bytes by which the process may grow during a watch: a leak must not end the machine.
    MOST_MEMORY: u64 = 512 << 20;

    /// Iterations in which memory is probed, at most, where nothing in the heap rises.
    PROBE_ITERATIONS: u64 = 100;

    /// Iterations in which it is, at least: fewer have too much noise.
    FEWEST_PROBED: u64 = 10;

    /// Seconds that a probe takes, unless the fewest iterations take longer.
    PROBE_SECONDS: f64 = 0.1;

    /// Objects without a holder that have to come between two snapshots to be looked for: a first use leaves
    /// one or two.
    FEWEST_LOST: u64 = 3;

    /// By how much a look at a container may differ from the snapshot that follows, beside a twentieth: else
    /// it is another container by then.
    LOOK_DIFFERS: u64 = 2;

    /// The part of the amount, as one in so many, by which it may.
    LOOK_DIFFERS_PART: u64 = 20;
}
