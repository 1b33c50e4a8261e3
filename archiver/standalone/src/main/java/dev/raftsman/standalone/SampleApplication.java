package dev.raftsman.standalone;

import dev.raftsman.cli.Lifeline;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.helpers.MessageFormatter;

/**
 * An application like anybody's: it logs by SLF4J, and its {@code sample-logback.xml} names our appender three times, once a
 * stream. What it logs follows from the seed alone. It ends with a line a stream on standard output,
 * {@code stream=orders events=N bytes=N sha256=HEX}, over all messages in order, each with a newline: what reading the stream
 * back must give.
 *
 * <p>Arguments: WAL root, events in all, seed; and perhaps events a second in all, else as fast as it can. It is started without a JVM flag, as an application would be.
 */
public final class SampleApplication {
    private static final int SHARES = 20;

    /** One stream: who logs what, and its share of the events in twentieths. */
    private enum Chatter {
        ORDERS("orders", 9) {
            @Override
            void log(Logger logger, SplittableRandom random, long number, Transcript transcript) {
                MDC.put("customer", "c" + random.nextInt(5_000));
                Object[] values = {
                    number,
                    random.nextInt(1, 9),
                    random.nextInt(100, 99_999) / 100.0,
                    CURRENCIES[random.nextInt(CURRENCIES.length)],
                    random.nextInt(1_000, 10_000),
                    random.nextInt(1, 255),
                    random.nextInt(1, 255)
                };
                if (random.nextInt(500) == 0) {
                    String template = "order {} refused: items={} total={} {} card=****{} from 10.0.{}.{}";
                    transcript.add(template, values);
                    // SLF4J takes a throwable after the last value.
                    Object[] withCause = java.util.Arrays.copyOf(values, values.length + 1);
                    withCause[values.length] = new IllegalStateException("card declined by issuer");
                    logger.warn(template, withCause);
                } else {
                    String template = "order {} accepted: items={} total={} {} card=****{} from 10.0.{}.{}";
                    transcript.add(template, values);
                    logger.info(template, values);
                }
                MDC.remove("customer");
            }
        },
        LEDGER("ledger", 7) {
            @Override
            void log(Logger logger, SplittableRandom random, long number, Transcript transcript) {
                String template = "posted entry {} account={} amount={} {} balance={} reference={}";
                Object[] values = {
                    number,
                    40_000_000 + random.nextInt(20_000),
                    random.nextInt(-500_000, 500_000) / 100.0,
                    CURRENCIES[random.nextInt(CURRENCIES.length)],
                    random.nextInt(0, 90_000_000) / 100.0,
                    Long.toHexString(random.nextLong())
                };
                transcript.add(template, values);
                logger.info(template, values);
            }
        },
        HEALTH_PROBE("health-probe", 4) {
            @Override
            void log(Logger logger, SplittableRandom random, long number, Transcript transcript) {
                String template = "probe {} of {} answered 200 in {} ms, queue {}";
                Object[] values = {
                    number, HOSTS[random.nextInt(HOSTS.length)], random.nextInt(1, 40), random.nextInt(64)
                };
                transcript.add(template, values);
                logger.debug(template, values);
            }
        };

        private static final String[] CURRENCIES = {"EUR", "USD", "CHF", "SEK"};
        private static final String[] HOSTS = {"checkout-1", "checkout-2", "payments-1", "search-1", "search-2"};

        final String stream;
        final int share;

        Chatter(String stream, int share) {
            this.stream = stream;
            this.share = share;
        }

        abstract void log(Logger logger, SplittableRandom random, long number, Transcript transcript);
    }

    /** What a stream must hold in the end: count and digest of its messages. */
    private static final class Transcript {
        private final MessageDigest digest;
        private long events;
        private long bytes;

        Transcript() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }

        void add(String template, Object[] values) {
            byte[] line = (MessageFormatter.basicArrayFormat(template, values) + '\n').getBytes(StandardCharsets.UTF_8);
            digest.update(line);
            events++;
            bytes += line.length;
        }

        @Override
        public String toString() {
            return "events=" + events + " bytes=" + bytes + " sha256="
                    + HexFormat.of().formatHex(digest.digest());
        }
    }

    private SampleApplication() {}

    public static void main(String[] args) throws InterruptedException {
        Lifeline.holdIfAsked();
        System.setProperty("logback.configurationFile", "dev/raftsman/standalone/sample-logback.xml");
        System.setProperty("sample.wal", args[0]);
        long events = Long.parseLong(args[1]);
        long seed = Long.parseLong(args[2]);
        long pauseNanos = args.length < 4 ? 0 : TimeUnit.SECONDS.toNanos(SHARES) / Long.parseLong(args[3]);

        ILoggerFactory loggers = LoggerFactory.getILoggerFactory();
        List<Thread> threads = new ArrayList<>();
        Map<Chatter, Transcript> transcripts = new EnumMap<>(Chatter.class);
        for (Chatter chatter : Chatter.values()) {
            Transcript transcript = new Transcript();
            transcripts.put(chatter, transcript);
            Thread thread =
                    new Thread(() -> chat(chatter, events, seed, pauseNanos, transcript), chatter.stream + "-worker");
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        // As an application's framework would on shutdown; the appenders hand what their rings hold to the WAL.
        if (loggers instanceof ch.qos.logback.classic.LoggerContext context) {
            context.stop();
        }
        for (Chatter chatter : Chatter.values()) {
            System.out.println("stream=" + chatter.stream + " " + transcripts.get(chatter));
        }
    }

    /** @param pauseNanos from one event to the next of a stream with a share of one; 0: none */
    private static void chat(Chatter chatter, long allEvents, long seed, long pauseNanos, Transcript transcript) {
        Logger logger = LoggerFactory.getLogger("sample." + chatter.stream);
        SplittableRandom random = new SplittableRandom(31 * seed + chatter.stream.hashCode());
        long events = allEvents * chatter.share / SHARES;
        for (long number = 1; number <= events; number++) {
            chatter.log(logger, random, number, transcript);
            LockSupport.parkNanos(pauseNanos / chatter.share);
        }
    }
}
