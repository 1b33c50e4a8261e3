package dev.raftsman.lake;

import dev.raftsman.objects.ObjectStore;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.ExpressionHandler;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.engine.FileSystemClient;
import io.delta.kernel.engine.JsonHandler;
import io.delta.kernel.engine.MetricsReporter;
import io.delta.kernel.engine.ParquetHandler;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Predicate;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.DataFileStatus;
import io.delta.kernel.utils.FileStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The kernel's own engine over a store, but for one thing: a Parquet file gets its name only when all of it was written. The
 * kernel reads the log while it writes a checkpoint of it; where that breaks off, its writer closes what it has as a sound
 * file with the rows so far, and such a checkpoint would hide what is in the table, for ever.
 */
final class StoreEngine implements Engine {
    private final Engine kernel;
    private final StoreFileIO files;

    StoreEngine(ObjectStore store, Path staging) {
        this.files = new StoreFileIO(store, staging);
        this.kernel = DefaultEngine.create(files);
    }

    @Override
    public ExpressionHandler getExpressionHandler() {
        return kernel.getExpressionHandler();
    }

    @Override
    public JsonHandler getJsonHandler() {
        return kernel.getJsonHandler();
    }

    @Override
    public FileSystemClient getFileSystemClient() {
        return kernel.getFileSystemClient();
    }

    @Override
    public List<MetricsReporter> getMetricsReporters() {
        return List.of();
    }

    @Override
    public ParquetHandler getParquetHandler() {
        return new WholeFiles(kernel.getParquetHandler());
    }

    private final class WholeFiles implements ParquetHandler {
        private final ParquetHandler handler;

        WholeFiles(ParquetHandler handler) {
            this.handler = handler;
        }

        @Override
        public CloseableIterator<FileReadResult> readParquetFiles(
                CloseableIterator<FileStatus> read, StructType schema, Optional<Predicate> predicate)
                throws IOException {
            return handler.readParquetFiles(read, schema, predicate);
        }

        @Override
        public CloseableIterator<DataFileStatus> writeParquetFiles(
                String directory, CloseableIterator<FilteredColumnarBatch> data, List<Column> statistics) {
            throw new UnsupportedOperationException("files of events are written by LakeFile");
        }

        @Override
        public void writeParquetFileAtomically(String path, CloseableIterator<FilteredColumnarBatch> data)
                throws IOException {
            try {
                handler.writeParquetFileAtomically(path, data);
                files.publish(path);
            } finally {
                files.discard(path);
            }
        }
    }
}
