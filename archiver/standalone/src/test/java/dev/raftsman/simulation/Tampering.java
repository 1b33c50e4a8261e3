package dev.raftsman.simulation;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.Loss;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Makes of an entry another one, as a broken part might: a pure function, so that it is the same on every node. */
final class Tampering {
    private Tampering() {}

    static boolean isAppend(byte[] entry) {
        return Entry.decode(ByteBuffer.wrap(entry)) instanceof Entry.Append;
    }

    /** The reply of a state that stored every block. */
    static byte[] accepted(byte[] entry) {
        List<Verdict> verdicts = new ArrayList<>();
        for (EpochBlock block : ((Entry.Append) Entry.decode(ByteBuffer.wrap(entry))).blocks()) {
            verdicts.add(
                    new Verdict(Verdict.Kind.ACCEPTED, Block.wrap(block.block()).endSequence()));
        }
        return new Reply.AppendReply(verdicts).encode();
    }

    /** The entry with its last block of lines once more behind it, under the sequences that follow. */
    static ByteBuffer doubled(ByteBuffer encoded) {
        if (!(Entry.decode(encoded) instanceof Entry.Append append)) {
            return encoded;
        }
        EpochBlock last = append.blocks().get(append.blocks().size() - 1);
        Block block = Block.wrap(last.block());
        if (block.kind() != BlockKind.LINES) {
            return encoded;
        }
        List<EpochBlock> blocks = new ArrayList<>(append.blocks());
        ByteBuffer again = lines(linesOf(block), block.endSequence() + 1, Loss.NONE, block.minTimeNanos());
        blocks.add(new EpochBlock(last.epoch(), again));
        return ByteBuffer.wrap(new Entry.Append(append.stampMillis(), blocks).encode());
    }

    /** The reply to a {@link #doubled} entry as it would be to the entry itself. */
    static byte[] undoubled(byte[] encoded) {
        List<Verdict> verdicts = ((Reply.AppendReply) Reply.decode(ByteBuffer.wrap(encoded))).verdicts();
        return new Reply.AppendReply(verdicts.subList(0, verdicts.size() - 1)).encode();
    }

    static ByteBuffer stamped(ByteBuffer encoded, long addMillis) {
        Entry entry = Entry.decode(encoded);
        Entry other = entry instanceof Entry.Append append
                ? new Entry.Append(append.stampMillis() + addMillis, append.blocks())
                : new Entry.Change(entry.stampMillis() + addMillis, ((Entry.Change) entry).command());
        return ByteBuffer.wrap(other.encode());
    }

    /** The entry with a block changed, each block of many lines; the entry itself if it has none such. */
    static ByteBuffer changed(ByteBuffer encoded, Sabotage how) {
        if (!(Entry.decode(encoded) instanceof Entry.Append append)) {
            return encoded;
        }
        List<EpochBlock> blocks = new ArrayList<>();
        for (EpochBlock each : append.blocks()) {
            Block block = Block.wrap(each.block());
            blocks.add(
                    block.kind() == BlockKind.LINES && block.count() > 1
                            ? new EpochBlock(each.epoch(), changed(block, how))
                            : each);
        }
        return ByteBuffer.wrap(new Entry.Append(append.stampMillis(), blocks).encode());
    }

    /** The entry without its last block. */
    static ByteBuffer shortened(ByteBuffer encoded) {
        if (!(Entry.decode(encoded) instanceof Entry.Append append)) {
            return encoded;
        }
        List<EpochBlock> blocks = append.blocks().subList(0, append.blocks().size() - 1);
        return ByteBuffer.wrap(new Entry.Append(append.stampMillis(), blocks).encode());
    }

    private static List<String> linesOf(Block block) {
        List<String> lines = new ArrayList<>();
        try (BlockReader reader = new BlockReader()) {
            reader.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                byte[] line = new byte[length];
                bytes.get(offset, line);
                lines.add(new String(line, StandardCharsets.US_ASCII));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    private static ByteBuffer changed(Block block, Sabotage how) {
        List<String> lines = linesOf(block);
        Loss loss = block.loss();
        switch (how) {
            case EVENTS_REORDERED -> Collections.swap(lines, 0, 1);
            case BYTE_CHANGED -> lines.set(0, lines.get(0) + "!");
            case LOSS_LEFT_OUT -> loss = Loss.NONE;
            default -> throw new IllegalArgumentException(how + " changes no block");
        }
        return lines(lines, block.firstSequence(), loss, block.minTimeNanos());
    }

    /** A block of lines, in memory of its own. */
    static ByteBuffer lines(List<String> lines, long first, Loss loss, long timeNanos) {
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer built = builder.build(direct, first, lines.size(), loss, timeNanos, timeNanos);
            byte[] copy = new byte[built.remaining()];
            built.get(copy);
            return ByteBuffer.wrap(copy);
        }
    }
}
