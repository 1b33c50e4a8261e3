package dev.raftsman.store;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads every sealed segment of this node again within a period, evenly spread over it, and compares it with the tables.
 * One step at a time, by one thread. Where it is outlasts a restart: the file {@code scrub} holds when this pass began, how
 * many segments it has read, and the last of them.
 */
public final class Scrubber {
    private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);
    private static final String FILE = "scrub";

    /** Segments between two notes of where it is; as many are read twice after a crash. */
    private static final int NOTE_EVERY = 16;

    private final Path file;
    private final long periodMillis;
    private final Throttle throttle;
    private volatile long passBeganMillis;
    private long done;
    private SegmentId last;
    private volatile long bytesRead;

    /** @param bytesPerSecond read at most */
    public Scrubber(Path root, Duration period, long bytesPerSecond, long nowMillis) throws IOException {
        this.file = root.resolve(FILE);
        this.periodMillis = period.toMillis();
        this.throttle = new Throttle(bytesPerSecond);
        this.passBeganMillis = nowMillis;
        readNote(nowMillis);
    }

    private void readNote(long nowMillis) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        String[] words = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                .strip()
                .split(" ");
        try {
            long began = Long.parseLong(words[0]);
            long count = Long.parseLong(words[1]);
            SegmentId before = words.length > 2 ? SegmentId.parse(words[2]) : null;
            if (began <= nowMillis && count >= 0) {
                passBeganMillis = began;
                done = count;
                last = before;
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            LOG.warn("where scrubbing was is not readable, it begins anew: file={}", file);
        }
    }

    /**
     * Reads the next segment, if one is due.
     *
     * @return whether another may be due at once
     */
    public boolean step(ReplicatedState state, long nowMillis) throws IOException, InterruptedException {
        long perSegmentMillis = periodMillis / Math.max(1, state.localSegments());
        if (nowMillis < passBeganMillis + done * perSegmentMillis) {
            return false;
        }
        Optional<SegmentView> next = state.sealedAfter(last);
        if (next.isEmpty()) {
            if (nowMillis < passBeganMillis + periodMillis) {
                return false;
            }
            LOG.info("scrubbed: segments={}, next pass begins", done);
            passBeganMillis = nowMillis;
            done = 0;
            last = null;
            note();
            return true;
        }
        read(state, next.get());
        last = next.get().id();
        done++;
        if (done % NOTE_EVERY == 0) {
            note();
        }
        return true;
    }

    private void read(ReplicatedState state, SegmentView segment) throws InterruptedException {
        try {
            bytesRead = bytesRead + state.care().check(segment, throttle);
        } catch (IOException e) {
            LOG.warn("not read in this pass: segment={}, reason={}", segment.id(), e.toString());
        }
    }

    private void note() throws IOException {
        String text = passBeganMillis + " " + done + (last == null ? "" : " " + last) + "\n";
        Durable.write(file, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** When the pass began that it is in. Any thread. */
    public long passBeganMillis() {
        return passBeganMillis;
    }

    /** Bytes read since it was made. Any thread. */
    public long bytesRead() {
        return bytesRead;
    }
}
