package dev.raftsman.collector;

import dev.raftsman.config.HostPort;
import dev.raftsman.raft.RatisLog;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a fresh directory into the cluster: asks the peers again and again, and does what {@link Formation} says. Over
 * when the node has part in the log.
 */
final class Entrance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Entrance.class);
    private static final long POLL_MILLIS = 100;
    /** A node starts so much later at most because one that should answer hangs. */
    private static final Duration FIRST_LIMIT = Duration.ofSeconds(1);

    /** Those that start on a loaded machine take their time with the first answer. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private static final long PATIENT_POLL_MILLIS = 1_000;

    /** Asks so many times in quick succession: nodes that are started together find each other at once. */
    private static final int QUICK_POLLS = 300;

    /** What its node does about it. */
    interface Ending {
        /** The directory may not take part. */
        void refused(String reason);

        /** The engine could not take part. */
        void failed(IOException e);
    }

    private final CollectorConfig config;
    private final DataDirectory data;
    private final RatisLog log;
    private final Introductions introductions;
    private final Supplier<Introduction> self;
    private final Ending ending;
    private final Thread thread = new Thread(this::run, "entrance");
    private volatile String reason = "starting";
    private volatile boolean closed;

    Entrance(
            CollectorConfig config,
            DataDirectory data,
            RatisLog log,
            Introductions introductions,
            Supplier<Introduction> self,
            Ending ending) {
        this.config = config;
        this.data = data;
        this.log = log;
        this.introductions = introductions;
        this.self = self;
        this.ending = ending;
        thread.setDaemon(true);
    }

    /**
     * Tries once; a node alone is then through.
     *
     * @return why the node may not take part, or null
     * @throws IOException if the engine could not take part
     */
    String first() throws IOException {
        return round(FIRST_LIMIT);
    }

    /** Goes on trying. */
    void start() {
        thread.start();
    }

    private void run() {
        try {
            for (int polls = 0; !closed && !log.entered(); polls++) {
                String refused = round(LIMIT);
                if (refused != null) {
                    ending.refused(refused);
                    return;
                }
                if (!log.entered()) {
                    Thread.sleep(polls < QUICK_POLLS ? POLL_MILLIS : PATIENT_POLL_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            // An engine that is told to stop while it begins fails in many ways.
            if (!closed) {
                ending.failed(e instanceof IOException io ? io : new IOException(e.toString(), e));
            }
        }
    }

    private String round(Duration limit) throws IOException {
        Map<String, HostPort> others = new TreeMap<>();
        for (CollectorConfig.Peer peer : config.peers()) {
            if (!peer.id().equals(config.node())) {
                others.put(peer.id(), peer.raft());
            }
        }
        Formation decision = Formation.decide(self.get(), introductions.of(others, limit));
        if (decision instanceof Formation.Found found) {
            enter(found.founders());
        } else if (decision instanceof Formation.TakeOver taken) {
            enter(taken.founders());
        } else if (decision instanceof Formation.Newcomer newcomer) {
            waits("a newcomer: " + newcomer.reason());
        } else if (decision instanceof Formation.Wait wait) {
            waits(wait.reason());
        } else if (decision instanceof Formation.Refuse refuse) {
            return refuse.reason();
        }
        return null;
    }

    private void waits(String why) {
        if (!why.equals(reason) && !log.entered()) {
            reason = why;
            LOG.info("does not vote yet: node={}, reason={}", config.node(), why);
        }
    }

    private synchronized void enter(Founders founders) throws IOException {
        if (closed || log.entered()) {
            return;
        }
        data.found(founders);
        log.enter(founders.members());
        LOG.info(
                "founds the cluster: node={}, directory={}, founders={}",
                config.node(),
                data.id(),
                founders.founders().stream().map(Founders.Founder::node).toList());
    }

    /** A leader is about to add this node: takes the log from now on. */
    synchronized void join() throws IOException {
        if (closed) {
            throw new IOException("stopping");
        }
        if (!log.entered()) {
            LOG.info("takes the log, in order to become a member: node={}, directory={}", config.node(), data.id());
            try {
                log.enter(List.of());
            } catch (IOException e) {
                if (!closed) {
                    ending.failed(e);
                }
                throw e;
            }
        }
    }

    /** Why the node has no part in the log; empty once it has. */
    String reason() {
        return log.entered() ? "" : reason;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
