package dev.raftsman.input;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The bytes of a log file, by their position from its beginning: as they lie there, or inflated. One thread. */
interface Content extends Closeable {
    /** How many bytes there are now. */
    long size() throws IOException;

    /**
     * Reads from a position on, as much as fits and is there.
     *
     * @return bytes read, 0 or less if there are none
     */
    int read(ByteBuffer target, long position) throws IOException;

    /** Opens what is behind a name now; a compressed file as what it holds. */
    static Content open(Path path) throws IOException {
        Compression compression = Compression.of(path);
        if (compression != null && compression.isReadable()) {
            return InflatedFile.open(path, compression);
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        return new Content() {
            @Override
            public long size() throws IOException {
                return channel.size();
            }

            @Override
            public int read(ByteBuffer target, long position) throws IOException {
                return channel.read(target, position);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }
}
