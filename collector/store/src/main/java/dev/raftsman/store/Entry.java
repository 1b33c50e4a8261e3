package dev.raftsman.store;

import dev.raftsman.block.Block;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.MalformedJsonException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What one entry of the Raft log says; the bytes are drawn on the package's page.
 *
 * <p>{@code stampMillis} is the clock of the leader that made it. It tells ages and leases only; the state machine makes
 * it monotone.
 */
public sealed interface Entry {
    byte VERSION = 1;
    byte APPEND = 1;
    byte COMMAND = 2;

    /** Bytes before the body. */
    int HEAD_BYTES = 10;

    long stampMillis();

    /** The entry as bytes of the caller's own. */
    byte[] encode();

    /** Blocks, in the order in which they are to be applied. */
    record Append(long stampMillis, List<EpochBlock> blocks) implements Entry {
        public Append {
            blocks = List.copyOf(blocks);
        }

        @Override
        public byte[] encode() {
            int length = HEAD_BYTES;
            for (EpochBlock block : blocks) {
                length += block.encodedBytes();
            }
            byte[] bytes = new byte[length];
            ByteBuffer entry = head(bytes, APPEND, stampMillis);
            for (EpochBlock block : blocks) {
                entry.putLong(block.epoch()).putInt(block.block().remaining());
                entry.put(block.block().duplicate());
            }
            return bytes;
        }
    }

    /** A change of the tables. */
    record Change(long stampMillis, Command command) implements Entry {
        public Change {
            Objects.requireNonNull(command, "command");
        }

        @Override
        public byte[] encode() {
            byte[] json = CatalogJson.write(command);
            byte[] bytes = new byte[HEAD_BYTES + json.length];
            head(bytes, COMMAND, stampMillis).put(json);
            return bytes;
        }
    }

    private static ByteBuffer head(byte[] bytes, byte type, long stampMillis) {
        ByteBuffer entry = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return entry.put(VERSION).put(type).putLong(stampMillis);
    }

    /**
     * Reads an entry. Blocks are views of the buffer, unchecked but for their lengths; the buffer is not moved.
     *
     * @throws MalformedEntryException if the bytes are not exactly one entry
     */
    static Entry decode(ByteBuffer encoded) {
        ByteBuffer entry = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (entry.remaining() < HEAD_BYTES) {
            throw new MalformedEntryException("entry of " + entry.remaining() + " bytes");
        }
        byte version = entry.get();
        byte type = entry.get();
        long stampMillis = entry.getLong();
        if (version != VERSION) {
            throw new MalformedEntryException("entry format " + version + "; expected " + VERSION);
        }
        if (type == APPEND) {
            return new Append(stampMillis, blocks(entry));
        }
        if (type == COMMAND) {
            byte[] json = new byte[entry.remaining()];
            entry.get(json);
            try {
                return new Change(stampMillis, CatalogJson.readCommand(json));
            } catch (MalformedJsonException e) {
                throw new MalformedEntryException(e.getMessage(), e);
            }
        }
        throw new MalformedEntryException("entry type " + type + "; expected 1 or 2");
    }

    private static List<EpochBlock> blocks(ByteBuffer entry) {
        List<EpochBlock> blocks = new ArrayList<>();
        while (entry.hasRemaining()) {
            if (entry.remaining() < EpochBlock.HEAD_BYTES) {
                throw new MalformedEntryException("entry ends inside a block's head");
            }
            long epoch = entry.getLong();
            int length = entry.getInt();
            if (length < Block.HEADER_BYTES || length > Block.MAX_BYTES || length > entry.remaining()) {
                throw new MalformedEntryException("block of " + length + " bytes in " + entry.remaining());
            }
            ByteBuffer block = entry.slice(entry.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            blocks.add(new EpochBlock(epoch, block));
            entry.position(entry.position() + length);
        }
        return blocks;
    }
}
