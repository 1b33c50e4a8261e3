package dev.raftsman.sidecar;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * What was written under one name, and what of it has come to the collector: the ground truth of one stream, compared
 * as the lines come. One thread, the one that writes.
 */
final class TortureTruth {
    private static final int MAX_PROBLEMS = 12;

    final String stream;
    final List<Generation> generations = new ArrayList<>();
    final List<String> problems = new ArrayList<>();
    long doubled;
    private long emptyArrived;
    private int newest;
    private int epochsSeen;
    private int blocksSeen;
    private byte[] piece = new byte[0];

    /** The last line came without its newline, which may come by itself. */
    private boolean newlineOwed;

    private final List<TortureLine> cutLines = new ArrayList<>();

    /** One file of the stream: what was written between two rotations. */
    final class Generation {
        final int index = generations.size();
        final BitSet excused = new BitSet();
        final BitSet arrived = new BitSet();
        final List<Integer> emptyAfter = new ArrayList<>();
        int written;

        /** Lines it had when the agent was last started: one behind them proves that this run has the file open. */
        int writtenAtStart;

        /** Nothing leads to its bytes any more but a descriptor. */
        boolean destroyed;

        boolean heldLost;

        /** It was written so late that its successor may have been begun. */
        boolean late;

        TortureLine next(int empty) {
            emptyAfter.add(empty);
            return new TortureLine(stream, index, written++, empty);
        }

        boolean isHeld() {
            return !heldLost && arrived.length() > writtenAtStart;
        }

        boolean hasArrived() {
            return arrived.cardinality() == written;
        }

        /** What has not come may be missing. */
        void excuseTheRest() {
            for (int i = arrived.nextClearBit(0); i < written; i = arrived.nextClearBit(i + 1)) {
                excused.set(i);
            }
        }

        /** No name leads to it from now on; without an open descriptor, what has not come cannot come. */
        void destroy() {
            destroyed = true;
            if (!isHeld()) {
                excuseTheRest();
            }
        }

        long missing() {
            BitSet missing = new BitSet();
            missing.set(0, written);
            missing.andNot(arrived);
            missing.andNot(excused);
            return missing.cardinality();
        }
    }

    TortureTruth(String stream) {
        this.stream = stream;
        begin();
    }

    Generation begin() {
        Generation generation = new Generation();
        generations.add(generation);
        return generation;
    }

    Generation current() {
        return generations.get(generations.size() - 1);
    }

    void problem(String what) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(stream + ": " + what);
        }
    }

    long offered() {
        return generations.stream().mapToLong(g -> g.written).sum();
    }

    long arrived() {
        return generations.stream().mapToLong(g -> g.arrived.cardinality()).sum();
    }

    /** Lines that are missing with an excuse. */
    long excused() {
        return offered() - arrived() - lost();
    }

    long lost() {
        return generations.stream().mapToLong(Generation::missing).sum();
    }

    /** The agent was killed, or has been stopped: its descriptors are gone. */
    void agentEnded() {
        for (Generation generation : generations) {
            generation.heldLost = true;
            if (generation.destroyed) {
                generation.excuseTheRest();
            }
        }
    }

    void agentStarts() {
        for (Generation generation : generations) {
            generation.writtenAtStart = generation.written;
            generation.heldLost = generation.destroyed;
        }
    }

    /** Takes what has come since the last call. */
    void poll(FakeCollector collector) throws IOException {
        List<Block> blocks = new ArrayList<>();
        collector.change(() -> {
            List<FakeCollector.Epoch> epochs = collector.epochs(stream);
            while (epochsSeen < epochs.size()) {
                List<Block> all = epochs.get(epochsSeen).blocks;
                blocks.addAll(all.subList(blocksSeen, all.size()));
                blocksSeen = all.size();
                if (epochsSeen == epochs.size() - 1) {
                    break;
                }
                epochsSeen++;
                blocksSeen = 0;
            }
        });
        if (blocks.isEmpty()) {
            return;
        }
        try (BlockReader reader = new BlockReader()) {
            for (Block block : blocks) {
                if (block.kind() == BlockKind.GAP) {
                    problem("a gap of " + block.count() + ", reason " + block.gapReason());
                    continue;
                }
                reader.forEachLine(
                        block,
                        (sequence, bytes, offset, length, terminated) -> take(copy(bytes, offset, length), terminated));
            }
        }
    }

    private static byte[] copy(ByteBuffer bytes, int offset, int length) {
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        return copy;
    }

    private void take(byte[] event, boolean terminated) {
        if (piece.length == 0 && event.length == 0) {
            emptyArrived += newlineOwed ? 0 : 1;
            newlineOwed = false;
            return;
        }
        TortureLine begun = TortureLine.nameIn(event);
        if (piece.length > 0 && begun != null && begun.stream().equals(stream)) {
            cut(piece); // and the event begins anew
            piece = new byte[0];
        }
        byte[] joined = piece.length == 0 ? event : join(piece, event);
        TortureLine line = TortureLine.parse(joined);
        if (line != null) {
            piece = new byte[0];
            newlineOwed = !terminated;
            arrived(line);
        } else if (!terminated) {
            piece = joined;
        } else {
            piece = new byte[0];
            problem("broken line of " + joined.length + " bytes, begins as " + TortureLine.nameIn(joined) + ", behind "
                    + lastArrived());
        }
    }

    private static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream(first.length + second.length);
        joined.writeBytes(first);
        joined.writeBytes(second);
        return joined.toByteArray();
    }

    /** The rest of this line has not come; whether that may be is known at the end. */
    private void cut(byte[] part) {
        TortureLine line = TortureLine.nameIn(part);
        if (line == null) {
            problem("piece of " + part.length + " bytes of no line of ours");
        } else {
            cutLines.add(line);
        }
    }

    private String lastArrived() {
        Generation generation = generations.get(newest);
        return newest + " " + (generation.arrived.length() - 1);
    }

    private void arrived(TortureLine line) {
        if (!line.stream().equals(stream)
                || line.generation() >= generations.size()
                || line.number() >= generations.get(line.generation()).written) {
            problem("line that was never offered here: " + line);
            return;
        }
        Generation generation = generations.get(line.generation());
        if (generation.arrived.get(line.number())) {
            doubled++;
            problem("a second time: " + line);
            return;
        }
        if (line.number() < generation.arrived.length()) {
            problem("out of order: " + line + " behind " + (generation.arrived.length() - 1));
        }
        if (line.generation() < newest && !generation.late) {
            problem("out of order: " + line + " behind generation " + newest);
        }
        generation.arrived.set(line.number());
        newest = Math.max(newest, line.generation());
    }

    /** Nothing more will come. */
    void end() {
        for (Generation generation : generations) {
            if (generation.missing() > 0) {
                BitSet gone = new BitSet();
                gone.set(0, generation.written);
                gone.andNot(generation.arrived);
                gone.andNot(generation.excused);
                problem("lost " + gone.cardinality() + " of the " + generation.written + " lines of generation "
                        + generation.index + ", from " + gone.nextSetBit(0) + " to " + (gone.length() - 1));
            }
        }
        if (piece.length > 0) {
            cut(piece);
        }
        for (TortureLine line : cutLines) {
            Generation generation = generations.get(line.generation());
            if (!generation.excused.get(line.number()) && !generation.arrived.get(line.number())) {
                problem("cut: " + line);
            }
        }
        long expected = 0;
        long excusable = 0;
        for (Generation generation : generations) {
            for (int i = generation.arrived.nextSetBit(0); i >= 0; i = generation.arrived.nextSetBit(i + 1)) {
                expected += generation.emptyAfter.get(i);
            }
            if (!generation.excused.isEmpty() && !generation.arrived.isEmpty()) {
                excusable += generation.emptyAfter.get(generation.arrived.length() - 1);
            }
        }
        if (emptyArrived > expected || emptyArrived < expected - excusable) {
            problem(emptyArrived + " empty lines; expected " + expected
                    + (excusable > 0 ? ", at least " + (expected - excusable) : ""));
        }
    }
}
