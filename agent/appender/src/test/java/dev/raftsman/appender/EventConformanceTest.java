package dev.raftsman.appender;

import static dev.raftsman.appender.Application.Framework.JUL;
import static dev.raftsman.appender.Application.Framework.LOG4J2;
import static dev.raftsman.appender.Application.Framework.LOGBACK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.LoggingEventVO;
import dev.raftsman.appender.Application.Framework;
import dev.raftsman.appender.StoredEvents.Stored;
import dev.raftsman.event.Level;
import dev.raftsman.event.LossReason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.MarkerManager;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.async.AsyncLoggerContext;
import org.apache.logging.log4j.message.MapMessage;
import org.apache.logging.log4j.message.Message;
import org.apache.logging.log4j.message.ObjectMessage;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.logging.log4j.message.StringMapMessage;
import org.apache.logging.log4j.message.StructuredDataMessage;
import org.apache.logging.log4j.message.ThreadDumpMessage;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.MarkerFactory;

/**
 * Events that break appenders: each case through every framework whose interface can express it. Where a framework, not
 * our part, decides the outcome, the case says so and holds it to that.
 */
final class EventConformanceTest {
    private static final Set<Framework> ALL = Set.of(LOGBACK, LOG4J2, JUL);
    private static final Set<Framework> CONTEXT = Set.of(LOGBACK, LOG4J2);

    @TempDir
    Path root;

    /** One run of a framework: logs, then stops it and reads what was stored. */
    private final class Run {
        final Framework framework;
        final Path directory;
        final Application app;
        private StoredEvents stored;

        Run(String id, Framework framework, boolean async) {
            this.framework = framework;
            this.directory = root.resolve(id + "-" + framework);
            this.app = framework.start(directory, Map.of(), async);
        }

        StoredEvents stored() {
            app.close();
            stored = StoredEvents.of(directory);
            return stored;
        }

        List<Stored> events() {
            return stored().events();
        }

        Stored only() {
            List<Stored> events = events();
            assertThat(events).hasSize(1);
            assertThat(stored.losses()).isEmpty();
            return events.get(0);
        }

        boolean is(Framework other) {
            return framework == other;
        }

        Application.OfLogback logback() {
            return (Application.OfLogback) app;
        }

        Application.OfLog4j log4j() {
            return (Application.OfLog4j) app;
        }
    }

    @FunctionalInterface
    private interface Case {
        void run(Run run) throws Exception;
    }

    private record Entry(Set<Framework> frameworks, boolean async, Case test) {}

    private static final Map<String, Entry> CASES = new LinkedHashMap<>();

    private static void add(String id, Set<Framework> frameworks, Case test) {
        CASES.put(id, new Entry(frameworks, false, test));
    }

    static {
        add("msg-null", ALL, EventConformanceTest::messageNull);
        add("msg-empty", ALL, run -> {
            run.app.info("");
            assertThat(run.only().message()).isEmpty();
        });
        add("msg-17mib", ALL, run -> {
            run.app.info("before");
            run.app.info("x".repeat(17 << 20));
            run.app.info("after");
            List<Stored> events = run.events();
            assertThat(events).hasSize(3);
            assertThat(events.get(0).message()).isEqualTo("before");
            assertThat(events.get(1).message()).matches("x{100000,1048576}");
            assertThat(events.get(1).truncated()).isTrue();
            assertThat(events.get(1).attribute("raftsman.uncut.chars")).containsExactly("17825792");
            assertThat(events.get(2).message()).isEqualTo("after");
        });
        add("msg-surrogate-high", ALL, run -> {
            run.app.info("a\uD800b");
            run.app.info(run.app.pattern("\uDC00 {} c"), "a\uD800b");
            assertThat(run.stored().messages()).containsExactly("a\uFFFDb", "\uFFFD a\uFFFDb c");
        });
        add("msg-controls", ALL, run -> {
            String controls = "a\0\u001b\r\n\r\n\u0085\u2028\t\u007f\u0007b\n";
            run.app.info(controls);
            assertThat(run.only().message()).isEqualTo(controls);
        });
        add("msg-json-looking", ALL, run -> {
            String json = "{\"level\":\"ERROR\",\"@timestamp\":\"x\"}";
            run.app.info(json);
            Stored event = run.only();
            assertThat(event.message()).isEqualTo(json);
            assertThat(event.level()).isEqualTo(Level.INFO);
            assertThat(event.attributes()).isEmpty();
        });
        add("args-null-array", ALL, run -> {
            run.app.info(run.app.pattern("{} {}"), (Object[]) null);
            assertThat(run.only().message()).isEqualTo(run.app.pattern("{} {}"));
        });
        add("args-nested", ALL, EventConformanceTest::nestedArguments);
        add("args-trailing-throwable", ALL, EventConformanceTest::trailingThrowable);
        add("args-throwable-middle", ALL, run -> {
            run.app.error(run.app.pattern("{} {}"), new IllegalStateException("boom"), "b");
            Stored event = run.only();
            assertThat(event.message()).isEqualTo("java.lang.IllegalStateException: boom b");
            assertThat(event.throwable()).isEmpty();
        });
        add("args-100", ALL, run -> {
            Object[] arguments = new Object[100];
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = i % 2 == 0 ? (Object) Integer.toString(i) : (Object) i;
                expected.append(i).append('-');
            }
            run.app.info(run.app.pattern("{}-".repeat(100)), arguments);
            assertThat(run.only().message()).isEqualTo(expected.toString());
        });
        add("args-huge", ALL, run -> {
            Object[] arguments = Collections.nCopies(50, "y".repeat(1 << 20)).toArray();
            run.app.info("before");
            run.app.info(run.app.pattern("{}".repeat(50)), arguments);
            run.app.info("after");
            List<Stored> events = run.events();
            assertThat(events).hasSize(3);
            assertThat(events.get(1).message()).matches("y{100000,1048576}");
            assertThat(events.get(1).truncated()).isTrue();
            assertThat(events.get(1).attribute("raftsman.uncut.chars")).containsExactly(Integer.toString(50 << 20));
            assertThat(events.get(2).message()).isEqualTo("after");
        });
        add("ex-cause-chain-50", ALL, run -> {
            Throwable chain = new IllegalStateException("cause 50");
            for (int i = 49; i >= 0; i--) {
                chain = new IllegalStateException("cause " + i, chain);
            }
            run.app.error("chain", chain);
            String throwable = run.only().throwable();
            assertThat(throwable)
                    .startsWith("java.lang.IllegalStateException: cause 0\n")
                    .contains("\nCaused by: java.lang.IllegalStateException: cause 50\n")
                    .doesNotContain("more throwables");
        });
        add("ex-cyclic-cause", ALL, run -> {
            Exception a = new IllegalStateException("a");
            Exception b = new IllegalStateException("b");
            a.initCause(b);
            b.initCause(a);
            run.app.error("cycle", a);
            assertThat(run.only().throwable())
                    .contains("\nCaused by: java.lang.IllegalStateException: b\n")
                    .contains("Caused by: [CIRCULAR REFERENCE: java.lang.IllegalStateException: a]\n");
        });
        add("ex-cyclic-suppressed", ALL, run -> {
            Exception a = new IllegalStateException("a");
            Exception b = new IllegalStateException("b");
            a.addSuppressed(b);
            b.addSuppressed(a);
            Exception c = new IllegalStateException("c", b);
            b.addSuppressed(c);
            run.app.error("cycle", a);
            run.app.error("crosswise", c);
            List<Stored> events = run.events();
            assertThat(events)
                    .hasSize(2)
                    .allSatisfy(event -> assertThat(event.throwable())
                            .contains("CIRCULAR REFERENCE")
                            .contains("IllegalStateException: c"));
        });
        add("ex-suppressed", ALL, EventConformanceTest::suppressed);
        add("ex-null-stack", ALL, run -> {
            Exception bare = new IllegalStateException("bare") {
                private static final long serialVersionUID = 1;

                @Override
                public StackTraceElement[] getStackTrace() {
                    return null;
                }
            };
            run.app.error("no stack", bare);
            Stored event = run.only();
            assertThat(event.message()).isEqualTo("no stack");
            assertThat(event.throwable()).contains("bare");
        });
        add("ex-deep-stack", ALL, EventConformanceTest::deepStack);
        add("ex-multiline", ALL, run -> {
            run.app.error("lines", new IllegalStateException("one\nCaused by: fake\r\n\tat three"));
            assertThat(run.only().throwable())
                    .startsWith("java.lang.IllegalStateException: one\n\t| Caused by: fake\r\n\t| \tat three\n\tat ")
                    .doesNotContain("\nCaused by");
        });
        add("ex-lambda-frames", ALL, EventConformanceTest::oddFrames);
        add("mdc-100", CONTEXT, run -> {
            for (int i = 0; i < 100; i++) {
                run.app.put(key(i), Integer.toString(i));
            }
            run.app.info("context");
            for (int i = 0; i < 100; i++) {
                run.app.remove(key(i));
            }
            Stored event = run.only();
            assertThat(event.attributes()).hasSize(100);
            for (int i = 0; i < 100; i++) {
                assertThat(event.attribute(key(i))).containsExactly(Integer.toString(i));
            }
        });
        add("mdc-null-value", CONTEXT, run -> {
            run.app.put("k", null);
            run.app.info("context");
            run.app.remove("k");
            assertThat(run.only().attribute("k")).isIn(List.of(), List.of("null"));
        });
        CASES.put("mdc-changed", new Entry(CONTEXT, true, run -> {
            for (int i = 0; i < 100; i++) {
                run.app.put("k", Integer.toString(i));
                run.app.info(Integer.toString(i));
                run.app.remove("k");
            }
            StoredEvents stored = run.stored();
            assertThat(stored.losses()).isEmpty();
            assertThat(stored.events())
                    .as("events of %s", run.framework)
                    .hasSize(100)
                    .allSatisfy(event -> assertThat(event.attribute("k")).containsExactly(event.message()));
        }));
        add("mdc-stack", Set.of(LOG4J2), run -> {
            List<String> pushed = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                ThreadContext.push("level " + i);
                pushed.add("level " + i);
            }
            run.app.info("stack");
            ThreadContext.clearStack();
            assertThat(run.only().attribute("ndc")).isEqualTo(pushed);
        });
        add("marker-cycle", Set.of(LOGBACK), run -> {
            org.slf4j.Marker a = MarkerFactory.getDetachedMarker("a");
            org.slf4j.Marker b = MarkerFactory.getDetachedMarker("b");
            a.add(b);
            b.add(a); // which SLF4J's own markers ignore
            run.logback().logger.info(a, "known");
            CyclicMarker c = new CyclicMarker("c");
            CyclicMarker d = new CyclicMarker("d");
            c.reference = d;
            d.reference = c;
            run.logback().logger.info(c, "own");
            List<Stored> events = run.events();
            assertThat(events.get(0).attribute("marker")).containsExactly("a", "b");
            assertThat(events.get(1).attribute("marker")).containsExactly("c", "d");
        });
        add("marker-many", Set.of(LOGBACK), run -> {
            run.logback()
                    .logger
                    .atInfo()
                    .addMarker(MarkerFactory.getMarker("one"))
                    .addMarker(MarkerFactory.getMarker("two"))
                    .log("marked");
            assertThat(run.only().attribute("marker")).containsExactly("one", "two");
        });
        add("lvl-custom", Set.of(LOG4J2), EventConformanceTest::customLevels);
        add("lvl-all", ALL, EventConformanceTest::everyLevel);
        add("thread-name", ALL, EventConformanceTest::threadNames);
        add("time-odd", ALL, EventConformanceTest::oddTimes);
        add("reentrant", ALL, EventConformanceTest::reentrant);
        add("interrupt", ALL, EventConformanceTest::interrupted);
        add("structured-msg", Set.of(LOG4J2), EventConformanceTest::structuredMessages);
        add("stop-while-logging", ALL, EventConformanceTest::stopWhileLogging);
        add("serialised-event", Set.of(LOGBACK), EventConformanceTest::serialisedEvent);
    }

    @TestFactory
    Stream<DynamicTest> everyCaseInEveryFramework() {
        return CASES.entrySet().stream()
                .flatMap(named -> named.getValue().frameworks().stream()
                        .sorted()
                        .map(framework -> DynamicTest.dynamicTest(named.getKey() + " " + framework, () -> {
                            Run run = new Run(
                                    named.getKey(), framework, named.getValue().async());
                            try {
                                named.getValue().test().run(run);
                            } finally {
                                run.app.close();
                            }
                        })));
    }

    /** {@code fork-exit} is the one that needs a process of its own: see ProcessEndTest. */
    @Test
    void everyCaseOfTheSharedListIsHere() throws IOException {
        Path list = shared("conformance/events/corner-cases.md");
        Set<String> ids = new TreeSet<>();
        Matcher rows = Pattern.compile("(?m)^\\| ([a-z][a-z0-9-]+) \\| (both|logback|log4j2) \\|")
                .matcher(Files.readString(list));
        while (rows.find()) {
            ids.add(rows.group(1));
        }
        assertThat(ids).hasSizeGreaterThan(30).contains("fork-exit");
        ids.remove("fork-exit");
        assertThat(CASES.keySet()).containsAll(ids);
    }

    /** Where SLF4J's rules differ (a backslash before the last brace), it is held to its own. */
    @TestFactory
    Stream<DynamicTest> formatsMessagesAsLog4jsOwnTestsExpect() throws IOException {
        List<String> lines = Files.readAllLines(shared("conformance/events/log4j2-message-format.jsonl"));
        assertThat(lines).hasSizeGreaterThan(5);
        return Stream.of(LOG4J2, LOGBACK)
                .flatMap(framework -> lines.stream().map(line -> {
                    String id = field(line, "id");
                    return DynamicTest.dynamicTest(id + " " + framework, () -> formats(id, framework, line));
                }));
    }

    private void formats(String id, Framework framework, String line) {
        String pattern = field(line, "pattern");
        Matcher list = Pattern.compile("\"arguments\": \\[([^]]*)]").matcher(line);
        assertThat(list.find()).isTrue();
        Object[] arguments = Arrays.stream(list.group(1).split(", "))
                .map(text -> text.equals("null") ? null : text.substring(1, text.length() - 1))
                .toArray();
        Run run = new Run(id, framework, false);
        run.app.info(pattern, arguments);
        String message = run.only().message();
        assertThat(message).isEqualTo(run.app.formatted(pattern, arguments));
        if (framework == LOG4J2) {
            assertThat(message).isEqualTo(field(line, "formatted"));
        }
    }

    private static String field(String line, String name) {
        Matcher value =
                Pattern.compile("\"" + name + "\": \"((?:[^\"\\\\]|\\\\.)*)\"").matcher(line);
        assertThat(value.find()).isTrue();
        return value.group(1).replace("\\\\", "\\");
    }

    private static Path shared(String file) {
        String folder = System.getenv("RAFTSMAN_SHARED");
        Path directory = Path.of("").toAbsolutePath();
        while (folder == null && directory != null && !Files.exists(directory.resolve("LICENSE"))) {
            directory = directory.getParent();
        }
        Path found = (folder == null ? directory.resolveSibling("shared") : Path.of(folder)).resolve("data/" + file);
        assumeTrue(Files.exists(found), () -> "no " + found);
        return found;
    }

    private static void messageNull(Run run) {
        run.app.info((String) null);
        run.app.info(null, (Object[]) null);
        List<Stored> events = run.events();
        assertThat(events).hasSize(2);
        // Log4j2 makes the word of it.
        assertThat(events).extracting(Stored::message).allMatch(text -> text.isEmpty() || text.equals("null"));
    }

    private static void nestedArguments(Run run) {
        List<Object> list = new ArrayList<>();
        list.add(list);
        Map<String, Object> map = new HashMap<>();
        map.put("self", map);
        Object[] arguments = {null, new int[] {1, 2}, new String[][] {{"a", "b"}, {"c"}}, list, map};
        String pattern = run.app.pattern("{} {} {} {} {}");
        run.app.info(pattern, arguments);
        List<Object> deep = new ArrayList<>();
        deep.add(new ArrayList<>(List.of(deep))); // too deep for its toString
        run.app.info(run.app.pattern("{}"), deep);
        List<Stored> events = run.events();
        assertThat(events).hasSize(2);
        assertThat(events.get(0).message())
                .isEqualTo(run.app.formatted(pattern, arguments))
                .startsWith("null ");
        // SLF4J and Log4j2 say what failed; the JDK's handlers write the pattern.
        assertThat(events.get(1).message())
                .satisfies(text -> assertThat(text)
                        .matches(run.is(LOGBACK) ? "\\[FAILED toString\\(\\)]" : run.is(JUL) ? "\\{0}" : "\\[\\[.*"));
    }

    private static void trailingThrowable(Run run) {
        Exception boom = new IllegalStateException("boom");
        run.app.error(run.app.pattern("{} {}"), "a", "b", boom);
        run.app.error(run.app.pattern("{}"), new Object[] {boom});
        run.app.error("none", boom);
        List<Stored> events = run.events();
        assertThat(events).extracting(Stored::message).first().isEqualTo("a b");
        assertThat(events.get(2).message()).isEqualTo("none");
        assertThat(events.get(2).throwable()).startsWith("java.lang.IllegalStateException: boom\n");
        if (run.is(JUL)) {
            // A throwable among the parameters is a parameter.
            assertThat(events.get(0).throwable()).isEmpty();
        } else {
            assertThat(events.get(0).throwable()).startsWith("java.lang.IllegalStateException: boom\n");
        }
        if (run.is(LOGBACK)) {
            assertThat(events.get(1).message()).isEqualTo("{}");
            assertThat(events.get(1).throwable()).startsWith("java.lang.IllegalStateException: boom\n");
        } else {
            // Since 2.24 Log4j2 takes an exception that fills a place for an argument only.
            assertThat(events.get(1).message()).isEqualTo("java.lang.IllegalStateException: boom");
            assertThat(events.get(1).throwable()).isEmpty();
        }
    }

    private static void suppressed(Run run) {
        Exception main = new IllegalStateException("main", new IllegalStateException("cause of main"));
        main.addSuppressed(new IllegalArgumentException("first"));
        main.addSuppressed(new IllegalArgumentException("second", new IOException("cause of second")));
        run.app.error("suppressed", main);
        assertThat(run.only().throwable())
                .contains("\n\tSuppressed: java.lang.IllegalArgumentException: first\n")
                .contains("\n\tSuppressed: java.lang.IllegalArgumentException: second\n")
                .contains("\n\tCaused by: java.io.IOException: cause of second\n")
                .contains("\nCaused by: java.lang.IllegalStateException: cause of main\n");
    }

    private static void deepStack(Run run) {
        try {
            endless(0);
        } catch (StackOverflowError overflow) {
            run.app.error("overflow", overflow);
        }
        StackTraceElement[] frames = new StackTraceElement[10_000];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = new StackTraceElement("Deep", "frame" + i, "Deep.java", i);
        }
        Exception deep = new IllegalStateException("deep");
        deep.setStackTrace(frames);
        run.app.error("deep", deep);
        List<Stored> events = run.events();
        assertThat(events).hasSize(2);
        assertThat(events.get(0).throwable()).contains("... 768 frames left out");
        assertThat(events.get(1).throwable())
                .contains("Deep.frame0(")
                .contains("... 9744 frames left out")
                .contains("Deep.frame9999(");
    }

    private static int endless(int depth) {
        return endless(depth + 1) + 1;
    }

    private static void oddFrames(Run run) {
        Exception odd = new IllegalStateException("odd");
        odd.setStackTrace(new StackTraceElement[] {
            new StackTraceElement("app", "mod", "1.0", "pkg.Type", "run", "Type.java", 12),
            new StackTraceElement("java.lang.Object", "wait", null, -2),
            new StackTraceElement("Type$$Lambda/0x00007f0001", "run", null, -1),
            new StackTraceElement("a.B", "c", "B.java", -1)
        });
        run.app.error("odd", odd);
        Runnable lambda = () -> {
            throw new IllegalStateException("lambda");
        };
        try {
            lambda.run();
        } catch (IllegalStateException thrown) {
            run.app.error("lambda", thrown);
        }
        List<Stored> events = run.events();
        assertThat(events.get(0).throwable())
                .contains("\tat app/mod@1.0/pkg.Type.run(Type.java:12)\n")
                .contains("\tat java.lang.Object.wait(Native Method)\n")
                .contains("\tat Type$$Lambda/0x00007f0001.run(Unknown Source)\n")
                .contains("\tat a.B.c(B.java)\n");
        assertThat(events.get(1).throwable()).contains("lambda$").contains("\tat java.base/");
    }

    private static String key(int i) {
        return ("k" + i + "-").repeat(40).substring(0, 100);
    }

    private static void customLevels(Run run) {
        List<String> names = List.of("OFF", "FATAL", "NOTICE", "VERBOSE", "ALL");
        for (String name : names) {
            run.log4j().logger.log(org.apache.logging.log4j.Level.getLevel(name), name);
        }
        List<Stored> events = run.events();
        assertThat(events).extracting(Stored::message).isEqualTo(names);
        assertThat(events)
                .allSatisfy(event -> assertThat(event.attribute("level")).containsExactly(event.message()));
        assertThat(events)
                .extracting(Stored::level)
                .containsExactly(Level.ERROR, Level.ERROR, Level.WARN, Level.DEBUG, Level.TRACE);
    }

    private static void everyLevel(Run run) {
        List<String> names = run.app.everyLevel();
        List<Stored> events = run.events();
        assertThat(events).extracting(Stored::message).isEqualTo(names);
        assertThat(events).extracting(Stored::level).isSorted();
        assertThat(events).extracting(Stored::level).containsAll(List.of(Level.TRACE, Level.DEBUG, Level.INFO));
        assertThat(events).extracting(Stored::level).contains(Level.WARN, Level.ERROR);
        // Two of the framework's under one of ours: the name tells them apart.
        assertThat(events)
                .extracting(event -> event.level() + "" + event.attribute("level"))
                .doesNotHaveDuplicates();
    }

    private static void threadNames(Run run) throws Exception {
        List<String> names = List.of("", "two\nlines", "\"quoted\" 'name'", "n".repeat(1000), "null");
        for (String name : names) {
            Thread thread = new Thread(() -> run.app.info(name), "x");
            thread.setName(name);
            thread.start();
            thread.join();
        }
        boolean virtual = startVirtual(() -> run.app.info("virtual"));
        List<Stored> events = run.events();
        assertThat(events).hasSize(names.size() + (virtual ? 1 : 0));
        for (int i = 1; i < names.size(); i++) {
            assertThat(events.get(i).thread()).isEqualTo(names.get(i));
        }
        // Logback makes up a name from the thread's number.
        assertThat(events.get(0).thread()).matches(run.is(LOGBACK) ? ".+\\d+" : "");
        if (virtual) {
            assertThat(events.get(names.size()).thread()).matches(run.is(LOGBACK) ? ".+\\d+" : "");
        }
    }

    /** @return false where the JDK has none */
    private static boolean startVirtual(Runnable task) throws Exception {
        if (Runtime.version().feature() < 21) {
            return false;
        }
        Thread thread = (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
        thread.join();
        return true;
    }

    private static void oddTimes(Run run) {
        List<Instant> times = List.of(
                Instant.EPOCH,
                Instant.ofEpochSecond(-1, 5),
                Instant.parse("9999-12-31T23:59:59.999999999Z"),
                Instant.parse("2026-11-23T10:00:00.999999999Z"),
                Instant.parse("2026-11-23T09:00:00.000000001Z"));
        for (int i = 0; i < times.size(); i++) {
            run.app.at(times.get(i), Integer.toString(i));
        }
        List<Stored> events = run.events();
        assertThat(events).extracting(Stored::message).containsExactly("0", "1", "2", "3", "4");
        assertThat(events)
                .extracting(Stored::timestampNanos)
                .containsExactly(
                        0L,
                        -999_999_995L,
                        Long.MAX_VALUE,
                        times.get(3).getEpochSecond() * 1_000_000_000L + 999_999_999,
                        times.get(4).getEpochSecond() * 1_000_000_000L + 1);
        assertThat(events.get(2).attribute("time")).containsExactly("9999-12-31T23:59:59.999999999Z");
        assertThat(events.get(3).attributes()).isEmpty();
    }

    private static void reentrant(Run run) {
        Object logs = new Object() {
            @Override
            public String toString() {
                run.app.info("inner");
                return "value";
            }
        };
        String pattern = run.app.pattern("{}");
        run.app.info(pattern, logs);
        AtomicLong calls = new AtomicLong();
        Object endless = new Object() {
            @Override
            public String toString() {
                if (calls.incrementAndGet() > 10_000) {
                    return "enough"; // Log4j2 formats before it asks us; nothing of ours is between
                }
                run.app.info(pattern, this);
                run.app.info(pattern, this);
                return "endless";
            }
        };
        if (!run.is(LOG4J2)) {
            run.app.info(pattern, endless);
        }
        run.app.by("net.openhft.chronicle.queue.Some", "the log about itself");
        run.app.error("thrown", new IllegalStateException() {
            private static final long serialVersionUID = 1;

            @Override
            public String getMessage() {
                run.app.info("from the exception");
                return "boom";
            }
        });
        StoredEvents stored = run.stored();
        assertThat(stored.messages())
                .startsWith("inner", "value")
                .endsWith("thrown")
                .doesNotContain("the log about itself");
        if (run.is(LOG4J2)) {
            // It refuses what is logged while an appender is at work; that is counted.
            assertThat(stored.messages()).containsExactly("inner", "value", "thrown");
            assertThat(stored.losses().keySet()).containsExactly(LossReason.UNENCODABLE);
        } else {
            assertThat(stored.messages()).contains("endless", "from the exception");
            assertThat(calls.get()).isLessThan(10_000);
            assertThat(stored.losses().keySet()).containsExactly(LossReason.UNENCODABLE);
            long endlessEvents =
                    stored.messages().stream().filter("endless"::equals).count();
            assertThat(endlessEvents + stored.lost()).isEqualTo(calls.get() * 2 + 1);
        }
    }

    private static void interrupted(Run run) throws Exception {
        int calls = 2000; // several times the ring
        boolean[] still = new boolean[1];
        Thread before = new Thread(() -> {
            Thread.currentThread().interrupt();
            for (int i = 0; i < calls; i++) {
                run.app.info("interrupted");
            }
            still[0] = Thread.currentThread().isInterrupted();
        });
        before.start();
        before.join();
        assertThat(still[0]).isTrue();

        CountDownLatch logging = new CountDownLatch(1);
        Thread during = new Thread(() -> {
            logging.countDown();
            for (int i = 0; i < calls; i++) {
                run.app.info("interrupted");
            }
            still[0] = Thread.currentThread().isInterrupted();
        });
        still[0] = false;
        during.start();
        logging.await();
        while (during.isAlive()) {
            during.interrupt();
            Thread.onSpinWait();
        }
        assertThat(still[0]).isTrue();
        StoredEvents stored = run.stored();
        assertThat(stored.events()).hasSize(2 * calls);
        assertThat(stored.losses()).isEmpty();
    }

    private static void structuredMessages(Run run) {
        StructuredDataMessage data = new StructuredDataMessage("order@32473", "an order", "audit");
        data.put("amount", "12");
        StringMapMessage map = new StringMapMessage(Map.of("city", "Ulm"));
        MapMessage<?, ?> failing = new MapMessage<>(Map.of("bad", new Object() {
            @Override
            public String toString() {
                return "odd";
            }
        }));
        var logger = run.log4j().logger;
        logger.info(data);
        logger.info(map);
        logger.info(failing);
        logger.info(new ObjectMessage(List.of(1, 2)));
        logger.info((Object) Map.of("a", 1));
        logger.info(new ThreadDumpMessage("dump"));
        logger.info((Message) new SimpleMessage(new StringBuilder("built")));
        logger.info(new StringBuilder("chars"));
        logger.printf(org.apache.logging.log4j.Level.INFO, "%05d", 42);
        Marker parent = MarkerManager.getMarker("PARENT-" + run.directory);
        Marker child = MarkerManager.getMarker("CHILD-" + run.directory).addParents(parent);
        parent.addParents(child);
        logger.info(child, "marked");
        List<Stored> events = run.events();
        assertThat(events).hasSize(10);
        assertThat(events.get(0).message()).contains("order@32473").contains("amount=\"12\"");
        assertThat(events.get(0).attribute("amount")).containsExactly("12");
        assertThat(events.get(0).attribute("sd.id")).containsExactly("order@32473");
        assertThat(events.get(0).attribute("sd.type")).containsExactly("audit");
        assertThat(events.get(1).message()).isEqualTo("city=\"Ulm\"");
        assertThat(events.get(1).attribute("city")).containsExactly("Ulm");
        assertThat(events.get(2).attribute("bad")).containsExactly("odd");
        assertThat(events.get(3).message()).isEqualTo("[1, 2]");
        assertThat(events.get(4).message()).isEqualTo("{a=1}");
        assertThat(events.get(5).message())
                .startsWith("dump")
                .contains(Thread.currentThread().getName());
        assertThat(events.get(6).message()).isEqualTo("built");
        assertThat(events.get(7).message()).isEqualTo("chars");
        assertThat(events.get(8).message()).isEqualTo("00042");
        assertThat(events.get(9).attribute("marker")).containsExactly(child.getName(), parent.getName());
    }

    private static void stopWhileLogging(Run run) throws Exception {
        int threads = 8;
        AtomicLong calls = new AtomicLong();
        CountDownLatch warm = new CountDownLatch(threads);
        CountDownLatch stopped = new CountDownLatch(1);
        List<Thread> loggers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread logger = new Thread(() -> {
                for (int i = 0; i < 500 || stopped.getCount() > 0; i++) {
                    run.app.at(Instant.EPOCH, "event"); // past the framework, which lets nothing through once stopped
                    calls.incrementAndGet();
                    if (i == 300) {
                        warm.countDown();
                    }
                }
            });
            logger.start();
            loggers.add(logger);
        }
        warm.await();
        long from = System.nanoTime();
        run.app.close();
        assertThat(System.nanoTime() - from).isLessThan(10_000_000_000L);
        stopped.countDown();
        for (Thread logger : loggers) {
            logger.join();
        }
        run.app.at(Instant.EPOCH, "after");
        StoredEvents stored = run.stored();
        assertThat(stored.events().size() + stored.lost()).isEqualTo(calls.get() + 1);
        assertThat(stored.messages()).doesNotContain("after");
    }

    private static void serialisedEvent(Run run) throws Exception {
        LoggingEvent event = new LoggingEvent(
                "fqcn",
                run.logback().logger,
                ch.qos.logback.classic.Level.WARN,
                "over {}",
                new IllegalStateException("far", new IOException("away")),
                new Object[] {"there"});
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(LoggingEventVO.build(event));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            run.logback().logger.callAppenders((LoggingEventVO) in.readObject());
        }
        Stored stored = run.only();
        assertThat(stored.message()).isEqualTo("over there");
        assertThat(stored.throwable())
                .startsWith("java.lang.IllegalStateException: far\n\tat dev.raftsman.appender.")
                .contains("\nCaused by: java.io.IOException: away\n")
                .contains("common frames omitted");
    }

    /** Log4j2's asynchronous loggers hand their events over on a thread of their own. */
    @Test
    void asynchronousLoggersKeepWhatTheCallerSaid() {
        Map<Setting, String> settings = Map.of(
                Setting.APP, "app", Setting.DIRECTORY, root.toString(), Setting.QUOTA, "128MiB", Setting.RESERVE, "0B");
        try (Application.OfLog4j app = new Application.OfLog4j(settings, false, new AsyncLoggerContext("async"))) {
            StringBuilder changes = new StringBuilder("early");
            ThreadContext.put("request", "r-1");
            app.logger.error("{} and {}", "plain", 7, new IllegalStateException("boom"));
            app.logger.info("{}", changes);
            changes.replace(0, changes.length(), "late");
            ThreadContext.clearMap();
        }
        List<Stored> events = StoredEvents.of(root).events();
        assertThat(events).extracting(Stored::message).containsExactly("plain and 7", "early");
        assertThat(events.get(0).throwable()).startsWith("java.lang.IllegalStateException: boom\n");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.thread()).isEqualTo(Thread.currentThread().getName());
            assertThat(event.attribute("request")).containsExactly("r-1");
        });
    }

    /** A marker that, unlike SLF4J's own, lets itself be put into a circle. */
    private static final class CyclicMarker implements org.slf4j.Marker {
        private static final long serialVersionUID = 1;

        private final String name;
        private CyclicMarker reference;

        CyclicMarker(String name) {
            this.name = name;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public void add(org.slf4j.Marker other) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean remove(org.slf4j.Marker other) {
            return false;
        }

        @Override
        @Deprecated
        public boolean hasChildren() {
            return hasReferences();
        }

        @Override
        public boolean hasReferences() {
            return reference != null;
        }

        @Override
        public Iterator<org.slf4j.Marker> iterator() {
            return List.<org.slf4j.Marker>of(reference).iterator();
        }

        @Override
        public boolean contains(org.slf4j.Marker other) {
            return reference.contains(other);
        }

        @Override
        public boolean contains(String other) {
            return reference.contains(other);
        }
    }
}
