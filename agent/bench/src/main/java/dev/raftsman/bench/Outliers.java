package dev.raftsman.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The worst calls of a thread, and what the kernel and the JVM did to it meanwhile.
 *
 * <p>Every few milliseconds, while the thread waits for its next turn, the kernel's counters of the thread are noted;
 * after a call that is among the worst they are read again. The difference covers the call and at most those
 * milliseconds before it, which hold nothing but waiting. Reading costs some 50 µs, which makes the next few calls late and
 * their caches cold: so figures of a run with this are not those of one without.
 *
 * <ul>
 *   <li>its CPU time, and {@code schedstat}: how long it was ready but had no core, because somebody else had it
 *   <li>{@code stat}: page faults, minor and major; {@code status}: switches, voluntary (it blocked) and not
 *   <li>{@code schedstat} of the JVM's other threads: which of them ran meanwhile
 *   <li>the JVM's own log of safepoints, collections included: {@code -Xlog:safepoint:file=F:uptimenanos}, named by the property
 *       {@value #JVM_LOG}
 * </ul>
 */
final class Outliers {
    static final String JVM_LOG = "bench.jvm.log";
    static final int KEPT = 10;

    private static final int NOTES_A_SECOND = 200;
    private static final long NEVER_BELOW_NANOS = 20_000;
    private static final Pattern SAFEPOINT =
            Pattern.compile("^\\[(\\d+)ns\\].*Safepoint \"([^\"]+)\".* Total: +(\\d+) ns");

    /** One slow call. All but the first two are differences. */
    private record Slow(
            long endNanos,
            long callNanos,
            long windowNanos,
            long onCoreNanos,
            long readyNanos,
            long minorFaults,
            long majorFaults,
            long voluntary,
            long involuntary,
            String others) {}

    private record Pause(long beginNanos, long endNanos, String why) {}

    private final long callsBetweenNotes;
    private final List<Slow> worst = new ArrayList<>();
    private final List<OtherThread> others = new ArrayList<>();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final FileChannel schedstat;
    private final FileChannel stat;
    private final FileChannel status;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    private Note before = new Note();
    private Note now = new Note();
    private long leastKept = NEVER_BELOW_NANOS;

    /** On the thread that is watched. */
    Outliers(long rate) throws IOException {
        callsBetweenNotes = Math.max(1, rate / NOTES_A_SECOND);
        Path self = Path.of("/proc/thread-self").toRealPath();
        schedstat = FileChannel.open(self.resolve("schedstat"));
        stat = FileChannel.open(self.resolve("stat"));
        status = FileChannel.open(self.resolve("status"));
    }

    /** The warm-up is over: forgets what it saw, and looks who else is there. */
    void reset() throws IOException {
        worst.clear();
        leastKept = NEVER_BELOW_NANOS;
        others.clear();
        Path self = Path.of("/proc/thread-self").toRealPath();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(self.getParent())) {
            for (Path task : tasks) {
                if (!task.equals(self)) {
                    others.add(new OtherThread(
                            Files.readString(task.resolve("comm")).strip(),
                            FileChannel.open(task.resolve("schedstat"))));
                }
            }
        }
        noteOthers();
        before.take();
    }

    void beforeWaiting(long number) {
        if (number % callsBetweenNotes == 0) {
            noteOthers();
            before.take();
        }
    }

    void after(long number, long fromNanos, long nanos) {
        if (nanos > leastKept) {
            keep(fromNanos, nanos);
        }
    }

    private void keep(long fromNanos, long nanos) {
        now.take();
        worst.add(new Slow(
                fromNanos + nanos,
                nanos,
                now.nanos - before.nanos,
                now.onCore - before.onCore,
                now.ready - before.ready,
                now.minorFaults - before.minorFaults,
                now.majorFaults - before.majorFaults,
                now.voluntary - before.voluntary,
                now.involuntary - before.involuntary,
                whoRan()));
        worst.sort(Comparator.comparingLong(Slow::callNanos).reversed());
        if (worst.size() > KEPT) {
            worst.remove(KEPT);
            leastKept = worst.get(KEPT - 1).callNanos();
        }
        Note taken = now;
        now = before;
        before = taken;
        noteOthers();
    }

    private void noteOthers() {
        for (OtherThread other : others) {
            other.before = other.now();
        }
    }

    private String whoRan() {
        List<String> ran = new ArrayList<>();
        for (OtherThread other : others) {
            long nanos = other.now() - other.before;
            if (nanos > 100_000) {
                ran.add("%s %.1f ms".formatted(other.name, nanos / 1e6));
            }
        }
        return String.join(", ", ran);
    }

    /** {@code outlier.0} is the worst. */
    void into(Result result) throws IOException {
        List<Pause> pauses = pauses();
        result.put("outliers", worst.size());
        for (int i = 0; i < worst.size(); i++) {
            result.put("outlier." + i, text(worst.get(i), pauses));
        }
    }

    private static String text(Slow slow, List<Pause> pauses) {
        long off = Math.max(0, slow.windowNanos - slow.onCoreNanos);
        long blocked = Math.max(0, off - slow.readyNanos);
        long paused = 0;
        String pausedBy = "";
        for (Pause pause : pauses) {
            long overlap = Math.min(pause.endNanos, slow.endNanos)
                    - Math.max(pause.beginNanos, slow.endNanos - slow.callNanos);
            if (overlap > 0) {
                paused += overlap;
                pausedBy = pause.why;
            }
        }
        String why;
        if (paused > slow.callNanos / 2) {
            why = "safepoint " + pausedBy;
        } else if (slow.readyNanos > slow.callNanos / 2) {
            why = "pre-empted" + (slow.others.isEmpty() ? ", by another process" : "");
        } else if (blocked > slow.callNanos / 2) {
            why = slow.majorFaults > 0
                    ? "blocked, page read from disk"
                    : slow.minorFaults > 0 ? "blocked in a page fault" : "blocked: lock, park or system call";
        } else {
            why = slow.minorFaults > 0 ? "on its core, page faults" : "on its core, or the whole machine stood";
        }
        return String.format(
                Locale.ROOT,
                "%8.3f ms  %-42s ready %6.2f  blocked %6.2f  safepoint %5.2f ms  faults %d+%d  switches %d voluntary, %d not%s",
                slow.callNanos / 1e6,
                why,
                slow.readyNanos / 1e6,
                blocked / 1e6,
                paused / 1e6,
                slow.minorFaults,
                slow.majorFaults,
                slow.voluntary,
                slow.involuntary,
                slow.others.isEmpty() ? "" : "; ran: " + slow.others);
    }

    /** Times of the JVM's log as {@link System#nanoTime} would show them. */
    private static List<Pause> pauses() throws IOException {
        String log = System.getProperty(JVM_LOG);
        List<Pause> pauses = new ArrayList<>();
        if (log == null) {
            return pauses;
        }
        long offset = uptimeOffset();
        for (String line : Files.readAllLines(Path.of(log))) {
            Matcher matcher = SAFEPOINT.matcher(line);
            if (matcher.find()) {
                long end = Long.parseLong(matcher.group(1)) + offset;
                pauses.add(new Pause(end - Long.parseLong(matcher.group(3)), end, matcher.group(2)));
            }
        }
        return pauses;
    }

    /** {@code nanoTime} at the JVM's start: its uptime is told in milliseconds, so we wait for the next one to begin. */
    private static long uptimeOffset() {
        long millis = ManagementFactory.getRuntimeMXBean().getUptime();
        long next;
        do {
            next = ManagementFactory.getRuntimeMXBean().getUptime();
        } while (next == millis);
        return System.nanoTime() - next * 1_000_000;
    }

    /** The {@code index}-th number, from 0, among the words of a file in {@code /proc}; from {@code from} on. */
    private long[] numbers(FileChannel file, int... indexes) {
        String text = read(file);
        // The name in parentheses may hold anything.
        String[] words = text.substring(text.lastIndexOf(')') + 1).strip().split(" ");
        long[] numbers = new long[indexes.length];
        for (int i = 0; i < indexes.length; i++) {
            numbers[i] = Long.parseLong(words[indexes[i]].strip());
        }
        return numbers;
    }

    private String read(FileChannel file) {
        try {
            int length = file.read(buffer.clear(), 0);
            byte[] bytes = new byte[Math.max(0, length)];
            buffer.get(0, bytes);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (IOException threadIsGone) {
            return "";
        }
    }

    private static long after(String text, String name) {
        int at = text.indexOf(name);
        int from = at + name.length();
        int end = text.indexOf('\n', from);
        return at < 0
                ? 0
                : Long.parseLong(
                        text.substring(from, end < 0 ? text.length() : end).strip());
    }

    /** The counters at one moment. */
    private final class Note {
        long nanos;
        long onCore;
        long ready;
        long minorFaults;
        long majorFaults;
        long voluntary;
        long involuntary;

        void take() {
            ready = numbers(schedstat, 1)[0];
            nanos = System.nanoTime();
            onCore = threads.getCurrentThreadCpuTime();
            long[] faults = numbers(stat, 7, 9); // after the name: state is 0
            minorFaults = faults[0];
            majorFaults = faults[1];
            String switches = read(status);
            voluntary = Outliers.after(switches, "\nvoluntary_ctxt_switches:");
            involuntary = Outliers.after(switches, "nonvoluntary_ctxt_switches:");
        }
    }

    /** Another thread of this JVM. */
    private final class OtherThread {
        private final String name;
        private final FileChannel schedstat;
        private long before;

        OtherThread(String name, FileChannel schedstat) {
            this.name = name;
            this.schedstat = schedstat;
        }

        long now() {
            String text = read(schedstat);
            int space = text.indexOf(' ');
            return space < 0 ? before : Long.parseLong(text.substring(0, space));
        }
    }
}
