package dev.raftsman.lake;

import dev.raftsman.objects.LockedObjectException;
import dev.raftsman.objects.NoSuchObjectException;
import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.objects.Sha256;
import io.delta.kernel.defaults.engine.fileio.FileIO;
import io.delta.kernel.defaults.engine.fileio.InputFile;
import io.delta.kernel.defaults.engine.fileio.OutputFile;
import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import io.delta.kernel.defaults.engine.fileio.SeekableInputStream;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files of a table's log as objects of a store: what Delta's kernel reads and writes through. A new version of the
 * table is one conditional put, which is all that keeps two writers apart.
 *
 * <p>The kernel knows files by paths: {@code store://archive/} and the key. Any thread.
 */
final class StoreFileIO implements FileIO {
    private static final String ROOT = "store://archive/";

    /** The codec of checkpoints; the kernel's own choice needs a native library that is not here. */
    private static final String COMPRESSION_KEY = "parquet.compression";

    private final ObjectStore store;
    private final Path staging;

    /** Finished local files by the path that each is to get. */
    private final Map<String, Path> written = new ConcurrentHashMap<>();

    /** @param staging a directory for a checkpoint in the making */
    StoreFileIO(ObjectStore store, Path staging) {
        this.store = store;
        this.staging = staging;
    }

    static String path(String key) {
        return ROOT + key;
    }

    private static String keyText(String path) {
        if (!path.startsWith(ROOT)) {
            throw new IllegalArgumentException("path '" + path + "'; expected " + ROOT + "...");
        }
        return path.substring(ROOT.length());
    }

    private static ObjectKey key(String path) {
        return new ObjectKey(keyText(path));
    }

    @Override
    public CloseableIterator<FileStatus> listFrom(String path) throws IOException {
        String from = keyText(path);
        String folder = from.substring(0, from.lastIndexOf('/') + 1);
        List<FileStatus> files = new ArrayList<>();
        boolean[] any = new boolean[1];
        store.list(folder, info -> {
            any[0] = true;
            String key = info.key().value();
            if (key.compareTo(from) >= 0 && key.indexOf('/', folder.length()) < 0) {
                files.add(status(info));
            }
        });
        if (!any[0]) {
            throw new FileNotFoundException(store.location() + folder);
        }
        return iterator(files.iterator());
    }

    private static CloseableIterator<FileStatus> iterator(Iterator<FileStatus> files) {
        return new CloseableIterator<>() {
            @Override
            public boolean hasNext() {
                return files.hasNext();
            }

            @Override
            public FileStatus next() {
                return files.next();
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
    }

    /**
     * Stores tell no time of change here. The kernel asks only to find versions of the log that are old enough to be deleted:
     * none is for it. Who keeps the table small, by OPTIMIZE and VACUUM, cleans the log as well.
     */
    private static FileStatus status(ObjectInfo info) {
        return FileStatus.of(path(info.key().value()), info.bytes(), System.currentTimeMillis());
    }

    @Override
    public FileStatus getFileStatus(String path) throws IOException {
        Path file = written.get(path); // The kernel looks at what it wrote before it returns.
        if (file != null) {
            return FileStatus.of(path, Files.size(file), System.currentTimeMillis());
        }
        return status(store.head(key(path)).orElseThrow(() -> new FileNotFoundException(path)));
    }

    @Override
    public String resolvePath(String path) {
        return path;
    }

    @Override
    public boolean mkdirs(String path) {
        return true; // There are only keys.
    }

    @Override
    public InputFile newInputFile(String path, long fileSize) {
        ObjectKey key = key(path);
        return new InputFile() {
            private long size = fileSize;

            @Override
            public long length() throws IOException {
                if (size <= 0) { // The kernel says 0 where it has not looked: there may be no such file.
                    size = getFileStatus(path).getSize();
                }
                return size;
            }

            @Override
            public String path() {
                return path;
            }

            @Override
            public SeekableInputStream newStream() throws IOException {
                return new ObjectStream(store, key, length());
            }
        };
    }

    @Override
    public OutputFile newOutputFile(String path) {
        return new ObjectFile(path);
    }

    @Override
    public boolean delete(String path) throws IOException {
        store.delete(key(path));
        return true;
    }

    @Override
    public Optional<String> getConf(String confKey) {
        return confKey.equals(COMPRESSION_KEY) ? Optional.of("ZSTD") : Optional.empty();
    }

    @Override
    public void copyFileAtomically(String sourcePath, String targetPath, boolean overwrite) throws IOException {
        throw new UnsupportedOperationException("copy of " + sourcePath + ": nothing here does that");
    }

    /** Gives a file that was written its name in the store: only the caller knows whether it is all there. */
    void publish(String path) throws IOException {
        Path file = written.get(path);
        if (file == null) {
            throw new IOException("nothing was written for " + path);
        }
        if (store.putIfAbsent(key(path), file, Sha256.of(file).sha256()) == PutOutcome.OCCUPIED) {
            throw new FileAlreadyExistsException(path);
        }
    }

    /** Deletes what was written locally, published or not. */
    void discard(String path) throws IOException {
        Path file = written.remove(path);
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }

    /** A file being written: to a local one first. */
    private final class ObjectFile implements OutputFile {
        private final String path;

        ObjectFile(String path) {
            this.path = path;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public PositionOutputStream create(boolean atomicWrite) throws IOException {
            Path file = Files.createTempFile(staging, "checkpoint-", ".parquet");
            written.put(path, file);
            return new StagedStream(Files.newOutputStream(file));
        }

        @Override
        public void writeAtomically(CloseableIterator<String> lines, boolean overwrite) throws IOException {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            try (lines) {
                while (lines.hasNext()) {
                    content.write(lines.next().getBytes(StandardCharsets.UTF_8));
                    content.write('\n');
                }
            }
            PutOutcome outcome = store.putIfAbsent(key(path), content.toByteArray());
            if (outcome == PutOutcome.OCCUPIED && overwrite) {
                // Only the pointer to the last checkpoint is ever replaced. Readers do without it, so it may be gone
                // for a
                // moment; and where another writer was faster, its is as good.
                try {
                    store.delete(key(path));
                    outcome = store.putIfAbsent(key(path), content.toByteArray());
                } catch (LockedObjectException e) {
                    return; // The bucket locks each object: readers find newer checkpoints by looking for them.
                }
            }
            if (outcome == PutOutcome.OCCUPIED && !overwrite) {
                throw new FileAlreadyExistsException(path);
            }
        }
    }

    /** Counts what goes to a local file. */
    private static final class StagedStream extends PositionOutputStream {
        private final OutputStream out;
        private long position;

        StagedStream(OutputStream out) {
            this.out = out;
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            position++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            position += length;
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /** An object read from anywhere: a request for the rest from there on, given up when the reader goes elsewhere. */
    private static final class ObjectStream extends SeekableInputStream {
        private final ObjectStore store;
        private final ObjectKey key;
        private final long length;
        private InputStream in;
        private long position;

        ObjectStream(ObjectStore store, ObjectKey key, long length) {
            this.store = store;
            this.key = key;
            this.length = length;
        }

        private boolean atEnd() throws IOException {
            if (position >= length) {
                return true;
            }
            if (in == null) {
                try {
                    in = store.open(key, position, length - position);
                } catch (NoSuchObjectException e) {
                    FileNotFoundException missing = new FileNotFoundException(e.getMessage());
                    missing.initCause(e);
                    throw missing;
                }
            }
            return false;
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void seek(long newPosition) throws IOException {
            if (newPosition != position) {
                drop();
                position = newPosition;
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            Objects.checkFromIndexSize(offset, count, bytes.length);
            if (count == 0) {
                return 0;
            }
            if (atEnd()) {
                return -1;
            }
            int got = in.read(bytes, offset, count);
            if (got > 0) {
                position += got;
            }
            return got;
        }

        @Override
        public void readFully(byte[] bytes, int offset, int count) throws IOException {
            for (int done = 0; done < count; ) {
                int got = read(bytes, offset + done, count - done);
                if (got < 0) {
                    throw new EOFException(key + " ends at " + position + "; expected " + (count - done) + " more");
                }
                done += got;
            }
        }

        private void drop() throws IOException {
            if (in != null) {
                InputStream old = in;
                in = null;
                old.close();
            }
        }

        @Override
        public void close() throws IOException {
            drop();
        }
    }
}
