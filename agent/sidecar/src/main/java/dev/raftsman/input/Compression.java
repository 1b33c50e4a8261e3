package dev.raftsman.input;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** How rotation compresses files, told by the end of their names. */
enum Compression {
    GZIP("gz", true),
    ZSTD("zst", true),
    XZ("xz", false),
    BZIP2("bz2", false),
    LZ4("lz4", false),
    LZMA("lzma", false),
    ZIP("zip", false),
    COMPRESS("Z", false);

    private final String suffix;
    private final boolean readable;

    Compression(String suffix, boolean readable) {
        this.suffix = "." + suffix;
        this.readable = readable;
    }

    /** @return null if the name is not that of a compressed file */
    static Compression of(Path path) {
        String name = path.toString();
        for (Compression each : values()) {
            if (name.endsWith(each.suffix)) {
                return each;
            }
        }
        return null;
    }

    /** Whether such files are read here; others can only be named. */
    boolean isReadable() {
        return readable;
    }

    /** The name it had before. */
    Path plain(Path path) {
        String name = path.toString();
        return Path.of(name.substring(0, name.length() - suffix.length()));
    }

    InputStream inflate(InputStream in) throws IOException {
        return switch (this) {
            case GZIP -> new GZIPInputStream(in, 64 << 10);
            case ZSTD -> new ZstdInputStream(in);
            default -> throw new IOException("files of kind " + this + " are not read");
        };
    }
}
