package dev.raftsman.lake;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Compresses the pages of Parquet files with the zstd that is here anyway: Parquet's own codecs are Hadoop's. One thread;
 * what a call returns is valid until the next.
 */
final class ZstdPages implements BytesInputCompressor {
    /** A tenth smaller than 3, and as fast to read; what is above costs far more time than it saves. */
    private static final int LEVEL = 6;

    private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL);
    private final Plain plain = new Plain();
    private byte[] packed = new byte[1 << 16];

    /** Gives its bytes away without a copy. */
    private static final class Plain extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }
    }

    @Override
    public BytesInput compress(BytesInput page) throws IOException {
        plain.reset();
        page.writeAllTo(plain);
        int most = Math.toIntExact(Zstd.compressBound(plain.size()));
        if (packed.length < most) {
            packed = new byte[most];
        }
        int length = zstd.compressByteArray(packed, 0, packed.length, plain.bytes(), 0, plain.size());
        return BytesInput.from(packed, 0, length);
    }

    @Override
    public CompressionCodecName getCodecName() {
        return CompressionCodecName.ZSTD;
    }

    @Override
    public void release() {
        zstd.close();
    }
}
