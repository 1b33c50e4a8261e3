package dev.raftsman.archiver;

import dev.raftsman.objects.NoSuchObjectException;
import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Objects in memory, behind a network that fails before or after what it was asked to do. Used by whoever has the turn. */
final class SimStore {
    /** Later than any time. */
    static final long NEVER = Long.MAX_VALUE;

    private final String name;
    private final SimTrouble trouble;
    private final Set<ArchiverSabotage> sabotage;
    private final TreeMap<String, byte[]> objects = new TreeMap<>();

    /** What a broken store gives back instead. */
    private final Map<String, byte[]> cache = new HashMap<>();

    /** Read to the end, and as it lies there, since it was put. */
    private final Set<String> readBack = new HashSet<>();

    /** Keys whose bytes were turned, in the store or on the way back. */
    private final Set<String> damaged = new HashSet<>();

    private String newest = "";
    private boolean out;
    private long failingSinceMillis = NEVER;
    private int streamsOpen;
    private long mostAtOnce;

    SimStore(String name, SimTrouble trouble, Set<ArchiverSabotage> sabotage) {
        this.name = name;
        this.trouble = trouble;
        this.sabotage = sabotage;
    }

    String name() {
        return name;
    }

    /** Nothing but failures from here on, or the end of that. */
    void out(boolean now) {
        out = now;
    }

    boolean isOut() {
        return out;
    }

    Map<String, byte[]> objects() {
        return objects;
    }

    boolean wasReadBack(String key) {
        return readBack.contains(key);
    }

    boolean wasDamaged(String key) {
        return damaged.contains(key);
    }

    /** Streams that nobody has closed. */
    int streamsOpen() {
        return streamsOpen;
    }

    /** The greatest number of bytes that was asked for, or given, in one piece. */
    long mostAtOnce() {
        return mostAtOnce;
    }

    /** Since when nothing but failures came from it, whoever asked, by the cluster's time; {@link #NEVER} while it answers. */
    long failingSinceMillis() {
        return failingSinceMillis;
    }

    private <E extends IOException> E noted(E failure) {
        failingSinceMillis = Math.min(failingSinceMillis, trouble.nowMillis());
        return failure;
    }

    /** The store without anything in between, to look at it. */
    ObjectStore bare() {
        return new View(null);
    }

    /** The store as an archiver sees it. */
    ObjectStore of(SimArchiver archiver) {
        return new View(archiver);
    }

    private final class View implements ObjectStore {
        private final SimArchiver archiver;

        View(SimArchiver archiver) {
            this.archiver = archiver;
        }

        private void before(String what) throws IOException {
            if (archiver == null) {
                return;
            }
            archiver.step();
            if (out) {
                trouble.count("out");
                throw noted(new IOException("503 ServiceUnavailable"));
            }
            try {
                trouble.before(archiver.owner() + " " + name + " " + what);
            } catch (IOException e) {
                throw noted(e);
            }
        }

        private void after(String what) throws IOException {
            if (archiver == null) {
                return;
            }
            archiver.step();
            trouble.trace(archiver.owner() + " " + name + " " + what);
            try {
                trouble.after(archiver.owner() + " " + name + " " + what);
            } catch (IOException e) {
                throw noted(e);
            }
            failingSinceMillis = NEVER;
        }

        @Override
        public String location() {
            return "sim:" + name + "/";
        }

        @Override
        public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
            return put(key, Files.readAllBytes(file), true);
        }

        @Override
        public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
            mostAtOnce = Math.max(mostAtOnce, content.length);
            return put(key, content, false);
        }

        private PutOutcome put(ObjectKey key, byte[] content, boolean isSegment) throws IOException {
            before("put " + key);
            PutOutcome outcome = store(key.value(), content, isSegment);
            after("put " + key + " " + outcome);
            if (outcome == PutOutcome.CREATED && trouble.once(10)) {
                trouble.count("asked twice");
                return PutOutcome.SAME; // The client repeated what had succeeded, and found it there.
            }
            return outcome;
        }

        private PutOutcome store(String key, byte[] content, boolean isSegment) {
            byte[] there = objects.get(key);
            if (there != null) {
                return Arrays.equals(there, content) ? PutOutcome.SAME : PutOutcome.OCCUPIED;
            }
            if (sabotage.contains(ArchiverSabotage.PAGE_NOT_KEPT) && key.equals("manifest/00000002.json")) {
                return PutOutcome.CREATED;
            }
            byte[] stored = content.clone();
            // Under a content's own key nothing else can ever be stored: there, a person is needed.
            if (isSegment && !key.startsWith("cas/") && trouble.once(12)) {
                stored[trouble.random().nextInt(stored.length)] ^= 1;
                damaged.add(key);
                trouble.count("damaged at rest");
            }
            if (isSegment && sabotage.contains(ArchiverSabotage.READ_FROM_A_CACHE)) {
                cache.put(key, content);
                stored[stored.length / 2] ^= 1;
            }
            readBack.remove(key);
            objects.put(key, stored);
            newest = key;
            if (isSegment && sabotage.contains(ArchiverSabotage.STORED_TWICE)) {
                objects.put(key.replace("-", "-0"), stored);
            }
            return PutOutcome.CREATED;
        }

        private byte[] content(ObjectKey key) throws NoSuchObjectException {
            byte[] cached = archiver == null ? null : cache.get(key.value());
            byte[] content = cached == null ? objects.get(key.value()) : cached;
            if (content == null) {
                failingSinceMillis = NEVER;
                throw new NoSuchObjectException(location(), key);
            }
            return content;
        }

        @Override
        public InputStream open(ObjectKey key) throws IOException {
            before("get " + key);
            byte[] content = content(key);
            return new Body(key.value(), content, 0, content.length);
        }

        @Override
        public InputStream open(ObjectKey key, long offset, long length) throws IOException {
            before("get " + key);
            return new Body(key.value(), content(key), (int) offset, (int) length);
        }

        @Override
        public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
            before("head " + key);
            byte[] content = objects.get(key.value());
            after("head " + key + " " + (content != null));
            return content == null ? Optional.empty() : Optional.of(new ObjectInfo(key, content.length));
        }

        @Override
        public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
            before("list " + prefix);
            List<ObjectInfo> found = new ArrayList<>();
            objects.tailMap(prefix).forEach((key, content) -> {
                if (key.startsWith(prefix)) {
                    found.add(new ObjectInfo(new ObjectKey(key), content.length));
                }
            });
            if (archiver != null && trouble.once(5)) {
                trouble.count("stale list");
                found.removeIf(info -> info.key().value().equals(newest));
            }
            found.forEach(each);
            after("list " + prefix + " " + found.size());
        }

        @Override
        public void delete(ObjectKey key) throws IOException {
            before("delete " + key);
            if (!sabotage.contains(ArchiverSabotage.NOTHING_DELETED)) {
                objects.remove(key.value());
            }
            after("delete " + key);
        }

        @Override
        public void close() {
            // The objects stay.
        }

        /** Bytes on their way back. */
        private final class Body extends InputStream {
            private final String key;
            private final byte[] content;
            private final int end;
            private final boolean whole;
            private int position;
            private int cutAt = Integer.MAX_VALUE;
            private boolean turned;
            private boolean closed;

            Body(String key, byte[] stored, int offset, int length) {
                this.key = key;
                this.content = stored.clone();
                this.position = offset;
                this.end = offset + length;
                this.whole = length == stored.length;
                streamsOpen++;
                if (archiver == null || length == 0) {
                    return;
                }
                if (trouble.once(40)) {
                    cutAt = offset + trouble.random().nextInt(length);
                } else if (key.startsWith("segments/") && trouble.once(60)) {
                    content[offset + trouble.random().nextInt(length)] ^= 1;
                    turned = true;
                    damaged.add(key);
                    trouble.count("damaged on the way");
                }
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int count) throws IOException {
                if (archiver != null) {
                    archiver.step();
                }
                mostAtOnce = Math.max(mostAtOnce, count);
                if (position >= cutAt) {
                    trouble.count("cut short");
                    trouble.trace("get " + key + " cut at " + cutAt);
                    throw noted(new EOFException(key + " ended after " + position + " bytes"));
                }
                int n = Math.min(count, Math.min(end, cutAt) - position);
                System.arraycopy(content, position, bytes, offset, n);
                position += n;
                if (position == end && whole && !turned) {
                    readBack.add(key);
                }
                failingSinceMillis = NEVER;
                return n == 0 && count > 0 ? -1 : n;
            }

            @Override
            public void close() {
                if (!closed && !sabotage.contains(ArchiverSabotage.STREAMS_LEFT_OPEN)) {
                    streamsOpen--;
                }
                closed = true;
            }
        }
    }
}
