package dev.raftsman.archiver;

import dev.raftsman.cluster.TestState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What goes wrong, by one seed, and the trace of it. Used by whoever has the turn. */
final class SimTrouble {
    private static final long TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(30);
    private static final int TAIL_LINES = 80;
    private static final Pattern TOKEN = Pattern.compile("-[0-9a-f]{8}(?=\\.(cold|seg))");

    /** Answers of a store that did nothing, and those that leave open whether it did. */
    private static final List<String> REFUSALS = List.of(
            "500 InternalError",
            "503 SlowDown",
            "400 BadDigest",
            "403 ExpiredToken",
            "404 NoSuchBucket",
            "409 ConditionalRequestConflict");

    private static final List<String> LOST_ANSWERS = List.of("Connection reset", "Read timed out", "500 InternalError");

    private final Random random;
    private final TestState clock;
    private final Map<String, Integer> counts = new TreeMap<>();
    private final Map<String, String> tokens = new TreeMap<>();
    private final ArrayDeque<String> tail = new ArrayDeque<>();
    private long digest;
    private int perMille;
    private boolean calm;

    SimTrouble(Random random, TestState clock) {
        this.random = random;
        this.clock = clock;
        this.perMille = new int[] {0, 5, 20, 60}[random.nextInt(4)];
    }

    Random random() {
        return random;
    }

    long nowMillis() {
        return clock.nowMillis();
    }

    /** From here on nothing fails. */
    void calm() {
        calm = true;
    }

    boolean isCalm() {
        return calm;
    }

    void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    Map<String, Integer> counts() {
        return counts;
    }

    /** A fault that comes once in so many times. */
    boolean once(int in) {
        return !calm && random.nextInt(in) == 0;
    }

    private boolean fails() {
        return !calm && random.nextInt(1_000) < perMille;
    }

    /** Time passes, and what is asked for may fail before anything is done. */
    void before(String what) throws IOException {
        clock.advance(random.nextInt(200));
        if (fails()) {
            throw failed(what, "before", REFUSALS);
        }
    }

    /** What was asked for is done, and the answer may be lost. */
    void after(String what) throws IOException {
        clock.advance(random.nextInt(200));
        if (fails()) {
            throw failed(what, "after", LOST_ANSWERS);
        }
    }

    private IOException failed(String what, String when, List<String> how) {
        String why = how.get(random.nextInt(how.size()));
        if (why.contains("timed out")) {
            clock.advance(TIMEOUT_MILLIS);
        }
        count("failed " + when);
        trace(what + " failed " + when + ": " + why);
        return new IOException(why);
    }

    /** Tokens are chance of another kind: in the trace they are numbered as they come. */
    void trace(String line) {
        Matcher found = TOKEN.matcher(line);
        String named =
                found.replaceAll(match -> "-" + tokens.computeIfAbsent(match.group(), any -> "t" + tokens.size()));
        digest = digest * 31 + named.hashCode();
        if (tail.size() == TAIL_LINES) {
            tail.remove();
        }
        tail.add(String.format("%10.3f s  %s", (clock.nowMillis() - ArchiverSimulation.START_MILLIS) / 1e3, named));
    }

    /** The last lines of the trace, and what stands for all of them. */
    String tail() {
        return String.join("\n", tail) + "\ntrace " + Long.toHexString(digest);
    }
}
