package dev.raftsman.cluster;

import dev.raftsman.block.GapBlock;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A cluster of one without a network: a collector's real state, fed entry by entry, its clock in the test's hand. Any
 * thread.
 */
public final class TestState implements Cluster {
    public static final String TENANT = "acme";

    private final Path directory;
    private final ReplicatedState state;
    private final Map<Long, Long> nextSequence = new HashMap<>();
    private long stampMillis;
    private long index;

    public TestState(Path directory, long stampMillis) throws IOException {
        this.directory = directory;
        this.state = ReplicatedState.open(directory, StoreSettings.DEFAULT);
        this.stampMillis = stampMillis;
    }

    public Path directory() {
        return directory;
    }

    public synchronized void advance(long millis) {
        stampMillis += millis;
    }

    public synchronized long nowMillis() {
        return stampMillis;
    }

    private Reply apply(Entry entry) {
        index++;
        return Reply.decode(ByteBuffer.wrap(state.apply(1, index, ByteBuffer.wrap(entry.encode()))));
    }

    @Override
    public synchronized CommandResult execute(Command command) {
        return ((Reply.ChangeReply) apply(new Entry.Change(stampMillis, command))).result();
    }

    public long open(String producer, String stream) {
        UUID incarnation = UUID.nameUUIDFromBytes(producer.getBytes(StandardCharsets.UTF_8));
        return ((CommandResult.Opened) execute(new Command.Open(TENANT, producer, incarnation, stream))).epoch();
    }

    /** Appends lines as one block, each with its newline. */
    public synchronized void append(long epoch, String... lines) {
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer raw = ByteBuffer.allocateDirect(text.length).put(text).flip();
        long first = nextSequence.getOrDefault(epoch, 0L);
        long nanos = stampMillis * 1_000_000;
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            appendBlock(epoch, builder.build(raw, first, lines.length, Loss.NONE, nanos, nanos), lines.length);
        }
    }

    /** The same with labels. */
    public synchronized void append(long epoch, Labels labels, String... lines) {
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer raw = ByteBuffer.allocateDirect(Labels.MAX_BYTES + text.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(Labels.MAX_BYTES)
                .put(text)
                .flip()
                .position(Labels.MAX_BYTES);
        long first = nextSequence.getOrDefault(epoch, 0L);
        long nanos = stampMillis * 1_000_000;
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            appendBlock(epoch, builder.build(raw, labels, first, lines.length, Loss.NONE, nanos, nanos), lines.length);
        }
    }

    /** Appends one block that continues the epoch. */
    public synchronized void appendBlock(long epoch, ByteBuffer block, int count) {
        Reply reply = apply(new Entry.Append(stampMillis, List.of(new EpochBlock(epoch, block))));
        Verdict verdict = ((Reply.AppendReply) reply).verdicts().get(0);
        if (verdict.kind() != Verdict.Kind.ACCEPTED) {
            throw new IllegalStateException("block refused: " + verdict);
        }
        nextSequence.merge(epoch, (long) count, Long::sum);
    }

    /** From here on the epoch's blocks begin at this sequence. */
    public synchronized void continueAt(long epoch, long sequence) {
        nextSequence.put(epoch, sequence);
    }

    /** Declares the next sequences of the epoch as lost. */
    public synchronized void gap(long epoch, int count, LossReason reason) {
        long first = nextSequence.getOrDefault(epoch, 0L);
        appendBlock(epoch, GapBlock.encode(first, count, reason, stampMillis * 1_000_000), count);
    }

    public void seal(String stream) {
        execute(new Command.Seal(TENANT, stream, 0));
    }

    @Override
    public CatalogView catalog() {
        return state.view();
    }

    public synchronized void snapshot(Path file) throws IOException {
        state.snapshot(file);
    }

    /** The segment's file as opened for a reader; null if it is not here. */
    public SegmentFile segment(SegmentView segment) throws IOException {
        return state.openForRead(segment.id()).orElse(null);
    }

    @Override
    public void fetch(SegmentView segment, Path file) throws IOException {
        try (SegmentFile source = segment(segment);
                InputStream in = Channels.newInputStream(source.channel())) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Override
    public void close() {
        try {
            state.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
