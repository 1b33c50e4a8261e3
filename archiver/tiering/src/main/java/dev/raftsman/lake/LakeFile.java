package dev.raftsman.lake;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;

/**
 * Writes one Parquet file. The same rows give the same bytes: no time, no chance, no name of a machine is in them.
 *
 * <p>Rows go straight to the writers of their columns. Parquet's record consumer, which it puts between, keeps account of
 * where in the schema one is; with a flat schema that is known, and it costs as much as all the rest.
 *
 * <p>Memory: a row group, {@link #GROUP_BYTES} of finished pages and those in the making, one for each column. One thread.
 */
final class LakeFile implements AutoCloseable {
    /** Finished pages are compressed, so this is some hundred megabytes of log. */
    private static final long GROUP_BYTES = 16L << 20;

    /** A reader's threads share a file by its row groups. */
    private static final int GROUP_ROWS = 1 << 20;

    /** Of one page before it is compressed: messages find what they are like some MiB back. */
    private static final int PAGE_BYTES = 4 << 20;

    private static final int PAGE_ROWS = 1 << 16;

    /** How often memory is looked at. */
    private static final int CHECK_ROWS = 1 << 10;

    private static final ParquetProperties PROPERTIES = ParquetProperties.builder()
            .withWriterVersion(WriterVersion.PARQUET_1_0)
            .withValuesWriterFactory(new LakeEncodings())
            .withAllocator(new HeapByteBufferAllocator())
            .withPageSize(PAGE_BYTES)
            .withPageRowCountLimit(PAGE_ROWS)
            .withDictionaryEncoding(true)
            .withDictionaryEncoding(LakeSchema.MESSAGE, false)
            .withDictionaryEncoding(LakeSchema.THROWABLE, false)
            // Least and greatest are of use where values lie in order: comparing every text costs more than it saves.
            .withStatisticsEnabled(false)
            .withStatisticsEnabled(LakeSchema.TIME, true)
            .withStatisticsEnabled(LakeSchema.SEQUENCE, true)
            .withSizeStatisticsEnabled(false)
            .build();

    private final ZstdPages zstd;
    private final ParquetFileWriter file;
    private ColumnChunkPageWriteStore pages;
    private ColumnWriteStore columns;
    private ColumnWriter[] writers;
    private long groupRows;
    private long rows;
    private long minMicros = Long.MAX_VALUE;
    private long maxMicros = Long.MIN_VALUE;
    private boolean finished;

    /**
     * @param path replaced if there is such a file
     * @param zstd stays the caller's
     */
    LakeFile(Path path, ZstdPages zstd) throws IOException {
        this.zstd = zstd;
        this.file = new ParquetFileWriter(
                new LocalOutputFile(path),
                LakeSchema.FILE,
                ParquetFileWriter.Mode.OVERWRITE,
                GROUP_BYTES,
                0,
                null,
                PROPERTIES);
        file.start();
        beginGroup();
    }

    private void beginGroup() {
        pages = ColumnChunkPageWriteStore.builder()
                .withSchema(LakeSchema.FILE)
                .withAllocator(PROPERTIES.getAllocator())
                .withCompressorProvider(column -> zstd)
                .withPageWriteChecksumEnabled(true)
                .build();
        columns = PROPERTIES.newColumnWriteStore(LakeSchema.FILE, pages, pages);
        writers = LakeSchema.FILE.getColumns().stream()
                .map(columns::getColumnWriter)
                .toArray(ColumnWriter[]::new);
        groupRows = 0;
    }

    /** Adds a row; its bytes are copied. */
    void write(LakeRow row) throws IOException {
        int at = 0;
        writers[at++].write(row.timeMicros(), 0, 0);
        optional(writers[at++], row.level());
        optional(writers[at++], row.logger());
        optional(writers[at++], row.thread());
        writers[at++].write(row.message(), 0, 0);
        optional(writers[at++], row.throwable());
        map(writers[at++], writers[at++], row.attributes());
        map(writers[at++], writers[at++], row.labels());
        writers[at++].write(row.tenant(), 0, 0);
        writers[at++].write(row.stream(), 0, 0);
        writers[at++].write(row.producer(), 0, 0);
        writers[at++].write(row.epoch(), 0, 0);
        writers[at++].write(row.sequence(), 0, 0);
        writers[at].write(row.segment(), 0, 0);
        columns.endRecord();
        rows++;
        groupRows++;
        minMicros = Math.min(minMicros, row.timeMicros());
        maxMicros = Math.max(maxMicros, row.timeMicros());
        if ((groupRows & CHECK_ROWS - 1) == 0
                && (groupRows >= GROUP_ROWS || columns.getBufferedSize() >= GROUP_BYTES)) {
            endGroup();
            beginGroup();
        }
    }

    private static void optional(ColumnWriter writer, Binary value) {
        if (value == null) {
            writer.writeNull(0, 0);
        } else {
            writer.write(value, 0, 1);
        }
    }

    private static void map(ColumnWriter keys, ColumnWriter values, LakeRow.Texts pairs) {
        int count = pairs.count();
        if (count == 0) {
            keys.writeNull(0, 0);
            values.writeNull(0, 0);
        }
        for (int i = 0; i < count; i++) {
            int repetition = i == 0 ? 0 : 1;
            keys.write(pairs.key(i), repetition, 1);
            values.write(pairs.value(i), repetition, 1);
        }
    }

    private void endGroup() throws IOException {
        if (groupRows > 0) {
            file.startBlock(groupRows);
            columns.flush();
            pages.flushToFileWriter(file);
            file.endBlock();
        }
        columns.close();
        pages.close();
    }

    /** Writes what is left and the footer; the file is whole then, not durable. */
    void finish() throws IOException {
        endGroup();
        finished = true;
        file.end(Map.of());
    }

    long rows() {
        return rows;
    }

    /** Least time of a row; none without rows. */
    long minMicros() {
        return minMicros;
    }

    long maxMicros() {
        return maxMicros;
    }

    /** Gives a file up that is not finished; what is there of it is the caller's to delete. */
    @Override
    public void close() throws IOException {
        if (!finished) {
            finished = true;
            file.close();
        }
    }
}
