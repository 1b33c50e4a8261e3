package dev.raftsman.sidecar;

import dev.raftsman.block.Block;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What an agent says to who listens: blocks as they are, so that showing events costs the agent no more than passing them on.
 * Big endian, as {@link DataOutputStream} writes.
 *
 * <pre>
 *  u8 'Q'                                                        nothing came for a while
 *  u8 'E'                                                        the agent ends
 *  u8 'B', i64 events missed before it, UTF producer,
 *     i64 i64 incarnation, UTF stream, i32 length, block         a block; of length 0: only missed events
 * </pre>
 *
 * @param block null if there are only events that were missed
 */
public record TapFrame(String producer, UUID incarnation, String stream, Block block, long missedEvents) {
    private static final int QUIET = 'Q';
    private static final int END = 'E';
    private static final int BLOCK = 'B';
    private static final UUID NOBODY = new UUID(0, 0);

    static TapFrame missed(long events) {
        return new TapFrame("", NOBODY, "", null, events);
    }

    static void writeQuiet(DataOutputStream out) throws IOException {
        out.writeByte(QUIET);
    }

    static void writeEnd(DataOutputStream out) throws IOException {
        out.writeByte(END);
    }

    void write(DataOutputStream out) throws IOException {
        out.writeByte(BLOCK);
        out.writeLong(missedEvents);
        out.writeUTF(producer);
        out.writeLong(incarnation.getMostSignificantBits());
        out.writeLong(incarnation.getLeastSignificantBits());
        out.writeUTF(stream);
        if (block == null) {
            out.writeInt(0);
            return;
        }
        ByteBuffer encoded = block.encoded();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /**
     * Waits for the next one.
     *
     * @return null at the end of the stream
     * @throws IOException if the connection fails, or something else than an agent speaks
     */
    public static TapFrame read(DataInputStream in) throws IOException {
        while (true) {
            int kind;
            try {
                kind = in.read();
                if (kind < 0 || kind == END) {
                    return null;
                }
                if (kind == BLOCK) {
                    return readBlock(in);
                }
            } catch (EOFException cut) {
                return null;
            }
            if (kind != QUIET) {
                throw new IOException("no agent speaks there: it began with " + kind);
            }
        }
    }

    private static TapFrame readBlock(DataInputStream in) throws IOException {
        long missed = in.readLong();
        String producer = in.readUTF();
        UUID incarnation = new UUID(in.readLong(), in.readLong());
        String stream = in.readUTF();
        int length = in.readInt();
        if (length < 0 || length > Block.MAX_BYTES) {
            throw new IOException("a block of " + length + " bytes; expected at most " + Block.MAX_BYTES);
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        Block block = length == 0 ? null : Block.wrap(ByteBuffer.wrap(bytes));
        return new TapFrame(producer, incarnation, stream, block, missed);
    }
}
