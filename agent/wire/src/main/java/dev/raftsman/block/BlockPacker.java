package dev.raftsman.block;

import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Compresses plain blocks as the builders do. With the same version of zstd a block that was inflated becomes what it was,
 * byte for byte. One thread; {@link #close} gives native memory back.
 */
public final class BlockPacker implements AutoCloseable {
    private final ZstdCompressCtx zstd = BlockHeader.compressor();
    private final long[] fields = new long[PlainBlock.FIELDS];
    private ByteBuffer columns = ByteBuffer.allocateDirect(1 << 16);
    private ByteBuffer room = BlockHeader.roomFor(1 << 16);

    /** @return the block compressed, valid until the next call; the block itself if it is no plain one or a gap */
    public Block pack(Block plain) {
        int bytes = plain.inflatedBytes();
        if (plain.compressed() || bytes == 0) {
            return plain;
        }
        if (columns.capacity() < bytes) {
            columns = ByteBuffer.allocateDirect(bytes + (bytes >> 2));
            room = BlockHeader.roomFor(bytes + (bytes >> 2));
        }
        columns.clear().put(plain.payload()).flip();
        int length = BlockHeader.pack(zstd, columns, room);
        PlainBlock.fields(plain, fields);
        return PlainBlock.header(room.slice(0, length).order(ByteOrder.LITTLE_ENDIAN), fields);
    }

    @Override
    public void close() {
        zstd.close();
    }
}
